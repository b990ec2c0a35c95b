import { SeededRandom } from '../../chaos/random.ts';

export const deliveryNames = ['a', 'b', 'c'] as const;
export type DeliveryName = (typeof deliveryNames)[number];

/** One object that some revisions have. */
export interface Placed {
  readonly delivery: DeliveryName;
  readonly object: object;
  /** `Kind/namespace/name`. */
  readonly id: string;
  /** What the object says of itself; another one with each change. */
  readonly value: string;
}

/** What is published, and what the site asks for at that time. */
export interface Revision {
  readonly objects: readonly Placed[];
  readonly deliveries: readonly DeliveryName[];
  readonly kills: readonly Kill[];
}

export type Moment = 'before' | 'during' | 'after';

/** Kills the agent at one of its next writes: before the server has it, before the agent has the answer, or once it has. */
export interface Kill {
  readonly write: number;
  readonly moment: Moment;
}

export interface Scenario {
  /** Of most of its objects, and the beginning of the names of all others: no other seed has it. */
  readonly namespace: string;
  readonly revisions: readonly Revision[];
  /** Asked for by every revision: nothing may ever delete them. */
  readonly permanent: ReadonlySet<string>;
}

export const valueAnnotation = 'faults.test/value';

/** What can be in a delivery; those without a choice are in it always. */
interface Slot {
  readonly id: string;
  readonly choices: readonly (DeliveryName | undefined)[];
  readonly body: (value: string) => object;
  /** Comes and goes with another one. */
  readonly with?: string;
}

const definitionGroup = 'apiextensions.k8s.io/v1';

/** Everything follows from the seed: what is there in each revision and in which delivery, and when the agent is killed. */
export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(seed);
  const namespace = `faults-${seed}`;
  const slots = slotsOf(namespace);
  const revisions: Revision[] = [];
  for (let at = 0; at < 3 + random.below(3); at += 1) {
    revisions.push(drawRevision(random, slots, at, revisions.at(-1)));
  }
  const always = slots.filter(({ choices }) => choices.length > 0 && choices.every(isPermanent));
  return { namespace, revisions, permanent: new Set(always.map(({ id }) => id)) };
}

/** The third delivery comes and goes. */
function isPermanent(choice: DeliveryName | undefined): boolean {
  return choice === 'a' || choice === 'b';
}

function drawRevision(
  random: SeededRandom,
  slots: readonly Slot[],
  number: number,
  before: Revision | undefined,
): Revision {
  const deliveries = random.next() < 0.6 ? deliveryNames : (['a', 'b'] as const);
  const places = new Map<string, DeliveryName | undefined>();
  const objects = slots.flatMap((slot) => {
    const delivery = slot.with === undefined ? random.pick(slot.choices) : places.get(slot.with);
    const old = before?.objects.find(({ id }) => id === slot.id);
    const value = old !== undefined && random.next() < 0.5 ? old.value : `${number}`;
    places.set(slot.id, delivery);
    return delivery === undefined ? [] : [placed(slot, delivery, value)];
  });
  const kills = Array.from({ length: random.below(3) }, () => ({
    write: random.below(8),
    moment: random.pick(['before', 'during', 'after'] as const),
  }));
  return { objects, deliveries, kills };
}

function placed(slot: Slot, delivery: DeliveryName, value: string): Placed {
  const [, namespace = '', name = ''] = slot.id.split('/');
  const body = slot.body(value) as { readonly apiVersion: string };
  const metadata = {
    name,
    ...(namespace === '' ? {} : { namespace }),
    annotations: { [valueAnnotation]: value },
  };
  return { id: slot.id, delivery, value, object: { kind: slot.id.split('/')[0], metadata, ...body } };
}

/** Objects that stay and move, that come and go, that others need, and that are slow to go. */
function slotsOf(namespace: string): readonly Slot[] {
  const second = `${namespace}-x`;
  const configMap = (value: string): object => ({ apiVersion: 'v1', data: { value } });
  const maps = (from: number, to: number, choices: Slot['choices']): Slot[] =>
    Array.from({ length: to - from }, (_, at) => ({
      id: `ConfigMap/${namespace}/m${from + at}`,
      choices,
      body: configMap,
    }));
  return [
    { id: `Namespace//${namespace}`, choices: ['a'], body: () => ({ apiVersion: 'v1' }) },
    definitionSlot('Gadget', namespace, ['a']),
    { id: `Gadget/${namespace}/g0`, choices: ['a', 'b'], body: customObject(namespace) },
    { id: `Gadget/${namespace}/g1`, choices: ['a', 'b', undefined], body: customObject(namespace) },
    definitionSlot('Widget', namespace, ['a', undefined]),
    {
      id: `Widget/${namespace}/w0`,
      choices: [],
      with: `CustomResourceDefinition//widgets.${namespace}.test`,
      body: customObject(namespace),
    },
    { id: `Namespace//${second}`, choices: ['a', undefined], body: () => ({ apiVersion: 'v1' }) },
    { id: `ConfigMap/${second}/x0`, choices: [], with: `Namespace//${second}`, body: configMap },
    ...maps(0, 4, ['a', 'b']),
    ...maps(4, 10, ['a', 'b', undefined]),
    { id: `ConfigMap/${namespace}/only-b`, choices: ['b'], body: configMap },
    { id: `ConfigMap/${namespace}/only-c`, choices: ['c'], body: configMap },
    {
      id: `Secret/${namespace}/s0`,
      choices: ['a', 'b', undefined],
      body: (value) => ({ apiVersion: 'v1', stringData: { value } }),
    },
    {
      id: `Service/${namespace}/v0`,
      choices: ['b', undefined],
      body: () => ({ apiVersion: 'v1', spec: { ports: [{ port: 80 }], selector: { app: 'x' } } }),
    },
    {
      id: `ClusterRole//${namespace}`,
      choices: ['a', 'b'],
      body: () => ({ apiVersion: 'rbac.authorization.k8s.io/v1', rules: [] }),
    },
  ];
}

function customObject(namespace: string): Slot['body'] {
  return (value) => ({ apiVersion: `${namespace}.test/v1`, spec: { size: Number(value) } });
}

function definitionSlot(kind: string, namespace: string, choices: Slot['choices']): Slot {
  const group = `${namespace}.test`;
  const singular = kind.toLowerCase();
  const size = { type: 'object', properties: { size: { type: 'integer' } } };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: size } } };
  const names = { plural: `${singular}s`, singular, kind, listKind: `${kind}List` };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  return {
    id: `CustomResourceDefinition//${singular}s.${group}`,
    choices,
    body: () => ({ apiVersion: definitionGroup, spec: { group, scope: 'Namespaced', names, versions } }),
  };
}
