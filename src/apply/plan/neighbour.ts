import type { ObjectRef, Owner } from '../../core/index.ts';
import type { Plan } from './plan.ts';

/** Another delivery of this site, for objects that move between it and the one that is planned. */
export interface Neighbour {
  readonly owner: Owner;
  /** Inventory ids of what it asks for; `undefined` while nobody can tell. */
  readonly asks: ReadonlySet<string> | undefined;
  /** Whatever it asks for is in this namespace, or in none. Absent: nobody can tell. */
  readonly namespace?: string | undefined;
}

/** The other deliveries of this site in the place of the one that is planned. */
export interface Surroundings {
  readonly neighbours: readonly Neighbour[];
  /** Inventory ids of what all of them have there. */
  readonly elsewhere: ReadonlySet<string>;
}

/** Whether it matters to a plan what the neighbours ask for: something goes, or stands in the way with the labels of another delivery. */
export function concernsNeighbours({ applies, prunes }: Plan): boolean {
  return (
    prunes.some(({ kind }) => kind === 'delete' || kind === 'hold') ||
    applies.some((step) => step.kind === 'refuse' && step.reason === 'owned-by-other')
  );
}

/** Whether a neighbour of which nobody can tell may turn out to ask for an object. */
export function mayAskFor({ asks, namespace }: Neighbour, ref: ObjectRef): boolean {
  const isElsewhere = namespace !== undefined && ref.namespace !== '' && ref.namespace !== namespace;
  return asks === undefined && !isElsewhere;
}
