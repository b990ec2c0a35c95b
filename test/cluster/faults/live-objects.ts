import { setTimeout as sleep } from 'node:timers/promises';
import { ownerLabels } from '../../../src/api/index.ts';
import type { ApiAnswer } from '../harness/api-request.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { type Scenario, valueAnnotation } from './scenario.ts';

const maxTries = 60;

interface LiveObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

/** Where the kinds of a scenario are served. */
function collections(namespace: string): Readonly<Record<string, string>> {
  return {
    Namespace: '/api/v1/namespaces',
    ConfigMap: '/api/v1/configmaps',
    Secret: '/api/v1/secrets',
    Service: '/api/v1/services',
    ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    Gadget: `/apis/${namespace}.test/v1/gadgets`,
    Widget: `/apis/${namespace}.test/v1/widgets`,
  };
}

/** Everything in the cluster with the owner labels of a scenario's deliveries: delivery and value by `Kind/namespace/name`. */
export async function liveObjects(
  admin: ClusterUser,
  { namespace }: Scenario,
): Promise<Readonly<Record<string, string>>> {
  const names = ['a', 'b', 'c'].map((delivery) => `${namespace}-${delivery}`).join(',');
  const query = `labelSelector=${encodeURIComponent(`${ownerLabels.name} in (${names})`)}`;
  const found = await Promise.all(
    Object.entries(collections(namespace)).map(async ([kind, path]) => {
      const { status, body } = await patiently(admin, `${path}?${query}`);
      // Its definition is not there.
      if (status === 404) return [];
      if (status !== 200) throw new Error(`${path}: expected status 200, got ${status}`);
      const { items } = body as { readonly items: readonly LiveObject[] };
      return items.map((item): [string, string] => [idOf(kind, item), saidBy(item, kind)]);
    }),
  );
  return Object.fromEntries(found.flat().sort());
}

/** While a definition comes, the server asks to come again. */
async function patiently(admin: ClusterUser, path: string): Promise<ApiAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await admin.ask(path);
    if (answer.status !== 429 || tries === maxTries) return answer;
    await sleep(1_000);
  }
}

function idOf(kind: string, { metadata: { namespace = '', name } }: LiveObject): string {
  return `${kind}/${namespace}/${name}`;
}

/** Delivery and value; a ConfigMap says its value twice. */
function saidBy({ metadata: { labels, annotations }, data }: LiveObject, kind: string): string {
  const value = annotations?.[valueAnnotation];
  const isTorn = kind === 'ConfigMap' && data?.['value'] !== value;
  return `${labels?.[ownerLabels.name]?.split('-').at(-1)} ${value}${isTorn ? ' torn' : ''}`;
}

/** Removes what a run may have left, and the whole of its end. */
export async function clear(admin: ClusterUser, { namespace }: Scenario): Promise<void> {
  const paths = collections(namespace);
  const names: readonly (readonly [string, string])[] = [
    ['CustomResourceDefinition', `gadgets.${namespace}.test`],
    ['CustomResourceDefinition', `widgets.${namespace}.test`],
    ['Namespace', `${namespace}-x`],
    ['Namespace', namespace],
    ['ClusterRole', namespace],
  ];
  await Promise.all(names.map(([kind, name]) => admin.ask(`${paths[kind]}/${name}`, { method: 'DELETE' })));
}
