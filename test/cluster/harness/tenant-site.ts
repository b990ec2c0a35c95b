import { openClusterTarget } from '../../../cmd/sealift/open-cluster-target.ts';
import { systemClock, systemRandom } from '../../../cmd/sealift/system-clock.ts';
import { type AgentParts, converge, Engine } from '../../../src/agent/index.ts';
import type { Condition, StateStore, Traces } from '../../../src/api/index.ts';
import type { KubernetesObject, SealiftEvent } from '../../../src/core/index.ts';
import { createMemoryStateStore } from '../../../src/site/index.ts';
import { FakeStages } from '../../fakes/fake-stages.ts';
import { createMemoryTraces } from '../../fakes/memory-traces.ts';
import { siteOf, sourceYaml } from '../../fakes/site.ts';

/** A delivery of a tenant. */
export interface Tenant {
  readonly name: string;
  readonly namespace: string;
  readonly objects: readonly KubernetesObject[];
  /** Lines of YAML. */
  readonly spec?: string;
}

const nothing = { exec: false, insecureTls: false };

/** An agent in this process whose deliveries say what they build to, on a real API server. */
export class TenantSite {
  readonly events: SealiftEvent[] = [];
  readonly state: StateStore = createMemoryStateStore();
  readonly #registry = new FakeStages();
  readonly #opened: Awaited<ReturnType<typeof openClusterTarget>>;
  readonly #stop = new AbortController();
  #engine: Engine | undefined;
  #done: Promise<void> | undefined;

  private constructor(opened: Awaited<ReturnType<typeof openClusterTarget>>) {
    this.#opened = opened;
  }

  static async open(kubeconfig: string): Promise<TenantSite> {
    const kept = new Map<string, Traces>();
    const traces = (server: string): Traces => {
      const known = kept.get(server) ?? createMemoryTraces();
      kept.set(server, known);
      return known;
    };
    const ports = { traces, clock: systemClock, environment: {} };
    return new TenantSite(await openClusterTarget({ kind: 'kubeconfig', path: kubeconfig }, ports, nothing));
  }

  /** One pass over these deliveries. */
  async pass(tenants: readonly Tenant[], secrets = ''): Promise<void> {
    await converge(this.#parts(), this.#desired(tenants, secrets), this.#stop.signal);
  }

  /** These deliveries, from now on. */
  run(tenants: readonly Tenant[], secrets = ''): void {
    const desired = this.#desired(tenants, secrets);
    if (this.#engine !== undefined) {
      this.#engine.replace(desired);
      return;
    }
    this.#engine = new Engine(this.#parts(), desired);
    this.#done = this.#engine.run(this.#stop.signal);
  }

  /** How often a delivery was built. */
  get builds(): number {
    return this.#registry.calls.build;
  }

  /** `True: Applied revision: …` */
  ready({ namespace, name }: Pick<Tenant, 'namespace' | 'name'>): string | undefined {
    const conditions: readonly Condition[] =
      this.state.deliveries.find(namespace, name)?.status.conditions ?? [];
    const found = conditions.find(({ type }) => type === 'Ready');
    return found && `${found.status}: ${found.message}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await this.#opened.close();
  }

  #parts(): AgentParts {
    const { target, places } = this.#opened;
    return {
      stages: this.#registry.stages,
      target,
      ...(places === undefined ? {} : { places }),
      state: this.state,
      clock: systemClock,
      random: systemRandom,
      withdrawAll: true,
      listener: (event) => this.events.push(event),
    };
  }

  #desired(tenants: readonly Tenant[], secrets: string): ReturnType<typeof siteOf> {
    for (const { name, objects } of tenants) this.#registry.objectsOf.set(name, objects);
    return siteOf(sourceYaml('app') + tenants.map(yamlOf).join('') + secrets);
  }
}

function yamlOf({ name, namespace, spec = '' }: Tenant): string {
  return `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  interval: 1h
  retryInterval: 1s
  prune: true
  sourceRef: {kind: OCIRepository, name: app, namespace: edge}
${spec}
`;
}
