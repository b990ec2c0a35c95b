import { env } from 'node:process';
import { stringify } from 'yaml';
import { type ComposedAgent, composeAgent } from '../../../cmd/sealift/compose-agent.ts';
import { Engine } from '../../../src/agent/index.ts';
import {
  type DeliveryRecord,
  requestedAtAnnotation,
  type SourceRecord,
  type SourceStatus,
} from '../../../src/api/index.ts';
import type { SealiftEvent } from '../../../src/core/index.ts';
import { parseConfiguration } from '../../../src/site/index.ts';
import { findPeer } from '../../peers/find.ts';
import { GoldenRegistry, type RegistrySettings } from './golden-registry.ts';
import type { Fields, RecordedObject } from './recording.ts';

export interface SiteSettings extends RegistrySettings {
  /** A variable without a value is an error. Default true. */
  readonly strictSubstitution?: boolean;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/**
 * A registry and an agent at work beside it, in this process: what the recordings were told through the Kubernetes API, it is told by its
 * configuration.
 */
export class GoldenSite {
  readonly registry: GoldenRegistry;
  readonly #agent: ComposedAgent;
  readonly #stop = new AbortController();
  #engine: Engine | undefined;
  #done: Promise<void> | undefined;
  readonly #objects = new Map<string, RecordedObject>();
  readonly #translations = new Map<string, string>();
  #requests = 0;

  private constructor(registry: GoldenRegistry, agent: ComposedAgent) {
    this.registry = registry;
    this.#agent = agent;
  }

  static async open(kubeconfig: string, settings: SiteSettings): Promise<GoldenSite> {
    const registry = await GoldenRegistry.open(settings);
    const { strictSubstitution = true } = settings;
    const kustomize = findPeer('kustomize');
    const agent = await composeAgent(
      {
        stateDirectory: registry.workshop.path('state'),
        target: { kind: 'kubeconfig', path: kubeconfig },
        searchPath: env['PATH'] ?? '',
        // The scenarios end by deleting all there is.
        withdrawAll: true,
        strictSubstitution,
        ...(kustomize === undefined ? {} : { kustomize }),
      },
      [],
    );
    return new GoldenSite(registry, agent);
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

  /** From now on says something in the configuration in other words. */
  translate(there: string, here: string): void {
    this.#translations.set(there, here);
  }

  /** The objects of the configuration. */
  get objects(): readonly RecordedObject[] {
    return [...this.#objects.values()];
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

  /** All that happened, oldest first. */
  get events(): readonly SealiftEvent[] {
    return this.#agent.state.events.newest(1_000);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#agent.close();
    await this.registry.close();
  }

  #source(name: string, namespace: string): SourceRecord | undefined {
    return this.#agent.state.sources.find(namespace, name);
  }

  /** An object as it is said here: with this registry, and with keys whose private halves are known. */
  #translated(object: RecordedObject): string {
    const translate = (text: string): string => {
      const named = this.registry.named(text);
      return [...this.#translations].reduce((all, [there, here]) => all.replaceAll(there, here), named);
    };
    if (object.kind !== 'Secret') return translate(stringify(object));
    const data = Object.entries((object['data'] ?? {}) as Readonly<Record<string, string>>).map(
      ([name, value]) => [name, base64(translate(Buffer.from(value, 'base64').toString()))] as const,
    );
    return stringify({ ...object, data: Object.fromEntries(data) });
  }

  #replace(): void {
    const text = [...this.#objects.values()].map((object) => this.#translated(object)).join('---\n');
    const desired = parseConfiguration([{ path: 'site.yaml', text }]);
    if (this.#engine !== undefined) {
      this.#engine.replace(desired);
      return;
    }
    this.#engine = new Engine(this.#agent.parts, desired);
    this.#done = this.#engine.run(this.#stop.signal);
  }
}

function keyOf({ kind, metadata }: RecordedObject): string {
  return `${kind}/${metadata.name}`;
}
