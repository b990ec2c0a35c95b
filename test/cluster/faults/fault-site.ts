import { existsSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { stringify } from 'yaml';
import { push } from '../../../cmd/sealift/push.ts';
import { allowPruneAnnotation } from '../../../src/api/index.ts';
import { readStateStore } from '../../../src/site/index.ts';
import { CommandBench } from '../../integration/harness/command-bench.ts';
import { program } from '../../setup/program.ts';
import { type Credentials, writeKubeconfig } from '../harness/kubeconfig.ts';
import { AgentProcess } from './agent-process.ts';
import { type DeliveryName, deliveryNames, type Revision } from './scenario.ts';

const namespace = 'flux-system';
const pushLimitMs = 120_000;

/** How a user reaches a cluster, out of its kubeconfig. */
export function credentialsIn(kubeconfig: string): Credentials {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  const authority = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return { server: cluster.server, authority, token: user.token };
}

/** A registry and a site with up to three deliveries out of one source, and the agent that follows them into a cluster. */
export class FaultSite {
  readonly agent: AgentProcess;
  readonly #bench: CommandBench;
  /** In front of the names of its deliveries. */
  readonly #prefix: string;
  #published = 0;

  private constructor(bench: CommandBench, prefix: string) {
    this.#bench = bench;
    this.#prefix = prefix;
    const args = ['--config', bench.path('site'), '--state-dir', bench.path('state')];
    const target = ['--target', `kubeconfig:${bench.path('kubeconfig')}`];
    this.agent = new AgentProcess(program, [...args, ...target], bench.folder);
  }

  static async open(prefix: string, credentials: Credentials): Promise<FaultSite> {
    const bench = await CommandBench.start();
    writeKubeconfig(bench.path('kubeconfig'), 'agent', credentials);
    return new FaultSite(bench, prefix);
  }

  /** Publishes the objects, and lets the site ask for the deliveries of the revision. */
  async move({ objects, deliveries }: Revision): Promise<void> {
    const folder = `trees/${this.#published}`;
    this.#published += 1;
    for (const delivery of deliveryNames) {
      const texts = objects.filter((one) => one.delivery === delivery).map(({ object }) => stringify(object));
      await this.#bench.write(`${folder}/${delivery}/objects.yaml`, texts.join('---\n'));
    }
    const origin = {
      source: 'faults',
      revision: `${this.#published}`,
      created: '1970-01-01T00:00:00Z',
      annotations: {},
    };
    const reference = `oci://${this.#bench.host}/app:v1`;
    const directory = this.#bench.path(folder);
    await push({ reference, directory, origin, insecure: false }, AbortSignal.timeout(pushLimitMs));
    await this.#configure(deliveries);
  }

  /** Ids of the objects in the inventories of the deliveries, as `DELIVERY NAMESPACE_NAME_GROUP_KIND`. */
  inventory(): readonly string[] {
    // An agent that was killed early has remembered nothing yet.
    if (!existsSync(this.#bench.path('state/state.db'))) return [];
    const store = readStateStore(this.#bench.path('state'));
    try {
      const records = store.deliveries.all();
      return records.flatMap(({ name, status }) =>
        (status.inventory?.entries ?? []).map(({ id }) => `${name.split('-').at(-1)} ${id}`),
      );
    } finally {
      store.close();
    }
  }

  async close(): Promise<void> {
    await this.agent.stop('SIGKILL').catch(() => null);
    await this.#bench.close();
  }

  async #configure(deliveries: readonly DeliveryName[]): Promise<void> {
    const metadata = { name: this.#prefix, namespace };
    const source = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: { url: `oci://${this.#bench.host}/app`, interval: '1s', insecure: true, ref: { tag: 'v1' } },
    };
    const text = [source, ...deliveries.map((name) => this.#delivery(name))].map((one) => stringify(one));
    // Never half of it.
    await this.#bench.write('site-next/site.yaml', text.join('---\n'));
    await this.#bench.write('site/.keep', '');
    await rename(this.#bench.path('site-next/site.yaml'), this.#bench.path('site/site.yaml'));
  }

  #delivery(name: DeliveryName): object {
    const first = `${this.#prefix}-a`;
    return {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: {
        name: `${this.#prefix}-${name}`,
        namespace,
        annotations: { [allowPruneAnnotation]: 'true' },
      },
      spec: {
        interval: '1s',
        retryInterval: '1s',
        path: `./${name}`,
        prune: true,
        sourceRef: { kind: 'OCIRepository', name: this.#prefix },
        // They write into what the first one makes.
        ...(name === 'a' ? {} : { dependsOn: [{ name: first }] }),
      },
    };
  }
}
