import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { stringify } from 'yaml';
import { type ComposedAgent, composeAgent } from '../../../cmd/sealift/compose-agent.ts';
import { Engine } from '../../../src/agent/index.ts';
import type { DeliveryRecord, SourceStatus } from '../../../src/api/index.ts';
import { parseConfiguration } from '../../../src/site/index.ts';
import { findPeer } from '../../peers/find.ts';
import type { Fields, RecordedObject } from '../golden/recording.ts';

/** With each new configuration all deliveries are looked at again: what many cases change at once is one. */
const GATHER_MS = 200;

/** An agent at work in this process, whose configuration can be changed as objects of an API server can. */
export class ConfiguredAgent {
  readonly #folder: string;
  readonly #agent: ComposedAgent;
  readonly #stop = new AbortController();
  readonly #objects = new Map<string, RecordedObject>();
  #due: NodeJS.Timeout | undefined;
  #engine: Engine | undefined;
  #done: Promise<void> | undefined;

  private constructor(folder: string, agent: ComposedAgent) {
    this.#folder = folder;
    this.#agent = agent;
  }

  static async open(kubeconfig: string): Promise<ConfiguredAgent> {
    const folder = mkdtempSync(join(tmpdir(), 'sealift-peer-'));
    const kustomize = findPeer('kustomize');
    const agent = await composeAgent(
      {
        stateDirectory: folder,
        target: { kind: 'kubeconfig', path: kubeconfig },
        searchPath: env['PATH'] ?? '',
        ...(kustomize === undefined ? {} : { kustomize }),
        withdrawAll: true,
      },
      [],
    );
    return new ConfiguredAgent(folder, agent);
  }

  /** Takes objects into the configuration. */
  apply(objects: readonly RecordedObject[]): void {
    for (const object of objects) this.#objects.set(keyOf(object.kind, object.metadata.name), object);
    this.#replace();
  }

  /** Takes an object out of the configuration. */
  remove(kind: string, name: string): void {
    this.#objects.delete(keyOf(kind, name));
    this.#replace();
  }

  /** Adds annotations to an object of the configuration, and fields to its spec; what is undefined there goes. */
  change(
    kind: string,
    name: string,
    { annotations = {}, spec = {} }: { annotations?: Fields; spec?: Fields },
  ): void {
    const key = keyOf(kind, name);
    const object = this.#objects.get(key);
    if (object === undefined) throw new Error(`${key}: expected it in the configuration`);
    const { metadata } = object;
    const before = (metadata['annotations'] ?? {}) as Fields;
    this.apply([
      {
        ...object,
        metadata: { ...metadata, annotations: { ...before, ...annotations } },
        spec: { ...(object['spec'] as Fields), ...spec },
      },
    ]);
  }

  source(name: string, namespace: string): SourceStatus | undefined {
    return this.#agent.state.sources.find(namespace, name)?.status;
  }

  delivery(name: string, namespace: string): DeliveryRecord['status'] | undefined {
    return this.#agent.state.deliveries.find(namespace, name)?.status;
  }

  async close(): Promise<void> {
    clearTimeout(this.#due);
    this.#stop.abort();
    await this.#done;
    await this.#agent.close();
    rmSync(this.#folder, { recursive: true });
  }

  #replace(): void {
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      this.#replaceNow();
    }, GATHER_MS);
  }

  #replaceNow(): void {
    const text = [...this.#objects.values()].map((object) => stringify(object)).join('---\n');
    const desired = parseConfiguration([{ path: 'site.yaml', text }]);
    if (this.#engine !== undefined) {
      this.#engine.replace(desired);
      return;
    }
    this.#engine = new Engine(this.#agent.parts, desired);
    this.#done = this.#engine.run(this.#stop.signal);
  }
}

const keyOf = (kind: string, name: string): string => `${kind}/${name}`;
