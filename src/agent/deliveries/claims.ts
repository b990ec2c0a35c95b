import { deliveryText, inventoryId } from '../../api/index.ts';
import { mayAskFor, type Neighbour, type Surroundings } from '../../apply/index.ts';
import { formatRef, type ObjectRef } from '../../core/index.ts';

/** Another delivery, and why nobody can tell what it asks for, where that is so: `does not build`. */
export interface KnownNeighbour extends Neighbour {
  readonly why?: string | undefined;
}

/** Who else is in a cluster. */
export interface Neighbours extends Surroundings {
  readonly neighbours: readonly KnownNeighbour[];
}

/** Objects that are to go and stay for now, in one run: nobody can tell whether another delivery asks for them. */
export class Claims {
  /** By inventory id. */
  readonly #kept = new Map<string, ObjectRef>();
  readonly #neighbours = new Map<string, KnownNeighbour>();

  /** Takes note of who was asked. */
  meet({ neighbours }: Neighbours): void {
    for (const one of neighbours) {
      if (one.asks === undefined) this.#neighbours.set(deliveryText(one.owner), one);
      else this.#neighbours.delete(deliveryText(one.owner));
    }
  }

  /** A plan is about to be carried out; what stayed by an earlier one does not count. */
  begin(): void {
    this.#kept.clear();
  }

  keep(ref: ObjectRef): void {
    this.#kept.set(inventoryId(ref), ref);
  }

  /** Who is waited for, and what stays until then; empty where nothing does. */
  describe(): readonly string[] {
    const kept = [...this.#kept.values()];
    const claimants = [...this.#neighbours].filter(([, one]) => kept.some((ref) => mayAskFor(one, ref)));
    return [
      ...claimants.map(
        ([owner, { why }]) => `${owner} may take over what is to go: it ${why ?? 'is not known yet'}`,
      ),
      ...kept.map((ref) => `${formatRef(ref)} stays until that is known`),
    ];
  }
}
