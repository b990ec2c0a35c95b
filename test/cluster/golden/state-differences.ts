import type { ClusterUser } from '../harness/cluster-user.ts';
import { comparableObject, comparableStatus } from './comparable.ts';
import { type Difference, differences } from './differences.ts';
import type { GoldenSite } from './golden-site.ts';
import { ownedNames, type Place, placeOf, readLive } from './live-objects.ts';
import type { RecordedObject, RecordedState } from './recording.ts';

/** Where it is looked. */
interface Scene {
  readonly site: GoldenSite;
  readonly admin: ClusterUser;
  readonly namespace: string;
}

interface Looked {
  readonly scene: Scene;
  /** Names of the deliveries that are looked at; all without it. */
  readonly only: string | undefined;
  /** Revisions of here, and what they are called there. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** What differs from a recorded state in statuses and in the cluster. */
export async function stateDifferences(
  { fluxObjects, delivered: there }: RecordedState,
  looked: Looked,
): Promise<readonly Difference[]> {
  const { scene, only } = looked;
  const delivered = there.filter((object) => !isGiven(scene, object));
  const concerned = fluxObjects.filter(
    ({ kind, metadata }) =>
      only === undefined || kind !== 'Kustomization' || only.split(',').includes(metadata.name),
  );
  const statuses = concerned.flatMap((object) => statusDifferences(object, looked));
  const objects = await Promise.all(delivered.map((object) => objectDifferences(object, scene)));
  return [...statuses, ...objects.flat(), ...(await surplus(delivered, scene))];
}

/** A Secret or a ConfigMap for the controllers, which had it from the API server; here it is a part of the configuration. */
function isGiven({ site }: Scene, { kind, metadata }: RecordedObject): boolean {
  return site.objects.some((given) => given.kind === kind && given.metadata.name === metadata.name);
}

/** A value of here in the names of there. */
export function translated<T>(value: T, aliases: ReadonlyMap<string, string>): T {
  let text = JSON.stringify(value ?? null);
  for (const [ours, theirs] of aliases) text = text.replaceAll(ours, theirs);
  return (JSON.parse(text) ?? undefined) as T;
}

function statusDifferences(
  { kind, metadata: { name }, status }: RecordedObject,
  { scene, aliases }: Looked,
): readonly Difference[] {
  const { site, namespace } = scene;
  const own = kind === 'Kustomization' ? site.delivery(name, namespace) : site.source(name, namespace);
  const here = translated(comparableStatus(kind, own), aliases);
  return differences(`${kind}/${name}`, comparableStatus(kind, status), here);
}

async function objectDifferences(object: RecordedObject, { admin }: Scene): Promise<readonly Difference[]> {
  const { kind, metadata } = object;
  const live = await readLive(admin, placeOf(object), metadata.name);
  return differences(`${kind}/${metadata.name}`, comparableObject(object), comparableObject(live));
}

/** Delivered objects of the recorded kinds that were not there. */
async function surplus(
  delivered: readonly RecordedObject[],
  { admin, namespace }: Scene,
): Promise<readonly Difference[]> {
  const places = new Map<string, Place>(
    delivered.map((object) => [JSON.stringify(placeOf(object)), placeOf(object)]),
  );
  const found = [...places].map(async ([key, place]) => {
    const recorded = delivered
      .filter((object) => JSON.stringify(placeOf(object)) === key)
      .map(({ metadata }) => metadata.name);
    const names = await ownedNames(admin, place, namespace);
    return names
      .filter((name) => !recorded.includes(name))
      .map((name) => ({ what: `${place.kind}/${name}`, there: '', here: '{}' }));
  });
  return (await Promise.all(found)).flat();
}
