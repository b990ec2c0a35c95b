import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { stringify } from 'yaml';
import { type ComposedAgent, composeAgent } from '../../../cmd/sealift/compose-agent.ts';
import { Engine } from '../../../src/agent/index.ts';
import {
  type DeliveryRecord,
  requestedAtAnnotation,
  type SourceRecord,
  type SourceStatus,
} from '../../../src/api/index.ts';
import { parseConfiguration } from '../../../src/site/index.ts';
import { runToSuccess } from '../../interop/harness/program.ts';
import { findPeer } from '../../peers/find.ts';
import { type Fields, originRevision, type RecordedObject } from './recording.ts';

/** Where the registry of the recordings listened. */
const recordedRegistry = 'localhost:5000';

/**
 * A registry and an agent at work beside it, in this process: what the recordings were told through the Kubernetes API, it is told by its
 * configuration.
 */
export class GoldenSite {
  readonly #folder: string;
  readonly #registry: RegistryServer;
  readonly #agent: ComposedAgent;
  readonly #stop = new AbortController();
  #engine: Engine | undefined;
  #done: Promise<void> | undefined;
  readonly #objects = new Map<string, RecordedObject>();
  #requests = 0;

  private constructor(folder: string, registry: RegistryServer, agent: ComposedAgent) {
    this.#folder = folder;
    this.#registry = registry;
    this.#agent = agent;
  }

  static async open(kubeconfig: string): Promise<GoldenSite> {
    const folder = mkdtempSync(join(tmpdir(), 'sealift-golden-'));
    const registry = await serveRegistry({ layout: await openLayout(join(folder, 'registry')) });
    const agent = await composeAgent(
      {
        stateDirectory: join(folder, 'state'),
        target: { kind: 'kubeconfig', path: kubeconfig },
        searchPath: env['PATH'] ?? '',
        // The scenarios end by deleting all there is.
        withdrawAll: true,
      },
      [],
    );
    return new GoldenSite(folder, registry, agent);
  }

  /** Publishes a tree as the recordings did, so that it has its digest; with a `note` in it, another one. */
  async push(
    recorded: string,
    repository: string,
    { tag = 'v1', note }: { readonly tag?: string; readonly note?: string } = {},
  ): Promise<void> {
    const tree = join(this.#folder, 'tree');
    copyWithModes(recorded, tree);
    if (note !== undefined) writeFileSync(join(tree, 'note.txt'), note);
    const reference = `oci://127.0.0.1:${this.#registry.port}/${repository}:${tag}`;
    const flux = findPeer('flux') ?? 'flux';
    const origin = ['--source=https://example.org/app.git', `--revision=${originRevision(tag)}`];
    await runToSuccess(flux, ['push', 'artifact', reference, `--path=${tree}`, ...origin, '--reproducible'], {
      env: { PATH: dirname(flux), HOME: this.#folder },
      cwd: this.#folder,
    });
  }

  /** Takes objects into the configuration, in place of those of the same name. */
  apply(objects: readonly RecordedObject[]): void {
    for (const object of objects) this.#objects.set(keyOf(object), object);
    this.#replace();
  }

  /** Takes an object out of the configuration. */
  remove(kind: string, name: string): void {
    this.#objects.delete(`${kind}/${name}`);
    this.#replace();
  }

  /** Changes the metadata of an object of the configuration. */
  annotate(kind: string, name: string, change: Fields): void {
    const key = `${kind}/${name}`;
    const object = this.#objects.get(key);
    if (object === undefined) throw new Error(`${key}: expected it in the configuration`);
    this.#objects.set(key, { ...object, metadata: { ...object.metadata, ...change } });
    this.#replace();
  }

  /** Changes the spec of a Kustomization of the configuration. */
  specify(name: string, change: Fields): void {
    const object = this.#objects.get(`Kustomization/${name}`);
    if (object === undefined) throw new Error(`Kustomization/${name}: expected it in the configuration`);
    this.apply([{ ...object, spec: { ...(object['spec'] as Fields), ...change } }]);
  }

  suspend(name: string): void {
    this.specify(name, { suspend: true });
  }

  /** Asks for a run by annotation; gives back what the status will say once it has been. */
  request(kind: string, name: string): string {
    const requested = `request ${++this.#requests}`;
    this.annotate(kind, name, { annotations: { [requestedAtAnnotation]: requested } });
    return requested;
  }

  source(name: string, namespace: string): SourceStatus | undefined {
    return this.#source(name, namespace)?.status;
  }

  delivery(name: string, namespace: string): DeliveryRecord['status'] | undefined {
    return this.#agent.state.deliveries.find(namespace, name)?.status;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#agent.close();
    await this.#registry.close();
    rmSync(this.#folder, { recursive: true });
  }

  #source(name: string, namespace: string): SourceRecord | undefined {
    return this.#agent.state.sources.find(namespace, name);
  }

  #replace(): void {
    const registry = `127.0.0.1:${this.#registry.port}`;
    const text = [...this.#objects.values()]
      .map((object) => stringify(object).replaceAll(recordedRegistry, registry))
      .join('---\n');
    const desired = parseConfiguration([{ path: 'site.yaml', text }]);
    if (this.#engine !== undefined) {
      this.#engine.replace(desired);
      return;
    }
    this.#engine = new Engine(this.#agent.parts, desired);
    this.#done = this.#engine.run(this.#stop.signal);
  }
}

/** Modes are part of an artifact, and a copy of the recordings may have others than they were made from. */
function copyWithModes(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}

function keyOf({ kind, metadata }: RecordedObject): string {
  return `${kind}/${metadata.name}`;
}
