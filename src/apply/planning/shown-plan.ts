import type { ObjectRef } from '../../core/index.ts';
import type { ChangedField } from '../changes/changed-fields.ts';
import type { ApplyStep, KeepReason, Plan, PruneStep, RefuseReason } from '../plan/plan.ts';

/** An object that would be written over. */
export interface ShownChange {
  readonly object: ObjectRef;
  /** Empty when what is there cannot be read. Values of secrets are `***`. */
  readonly fields: readonly ChangedField[];
  /** How many more fields differ. */
  readonly omitted: number;
  /** It may be deleted and made again, where it cannot be changed in place. */
  readonly recreate: boolean;
}

/** A plan as people and programs read it: no object is in it as a whole, and no value of a secret. */
export interface ShownPlan {
  readonly create: readonly ObjectRef[];
  readonly change: readonly ShownChange[];
  readonly delete: readonly ObjectRef[];
  /** Would be deleted, were it not more than may go at once. */
  readonly hold: readonly ObjectRef[];
  readonly refuse: readonly {
    readonly object: ObjectRef;
    readonly reason: RefuseReason | 'refused-by-target' | 'not-read';
    readonly detail: string;
  }[];
  readonly keep: readonly { readonly object: ObjectRef; readonly reason: KeepReason }[];
  /** How many objects are as they should be. */
  readonly unchanged: number;
}

type Step = ApplyStep | PruneStep;

/** What a plan comes to. */
export function shownPlan({ applies, prunes }: Plan): ShownPlan {
  const steps: readonly Step[] = [...applies, ...prunes];
  const those = <K extends Step['kind']>(kind: K): Extract<Step, { readonly kind: K }>[] =>
    steps.filter((step): step is Extract<Step, { readonly kind: K }> => step.kind === kind);
  return {
    create: those('create').map(({ ref }) => ref),
    change: those('change').map(({ ref, changes, recreate }) => ({
      object: ref,
      fields: changes?.fields ?? [],
      omitted: changes?.omitted ?? 0,
      recreate,
    })),
    delete: those('delete').map(({ ref }) => ref),
    hold: those('hold').map(({ ref }) => ref),
    refuse: those('refuse').map(({ ref, reason, detail }) => ({ object: ref, reason, detail })),
    keep: those('keep').map(({ ref, reason }) => ({ object: ref, reason })),
    unchanged: those('unchanged').length,
  };
}

/** Whether the target is not as the delivery asks for: something would change, or is kept from it. */
export function differs({ create, change, delete: gone, hold, refuse }: ShownPlan): boolean {
  return [create, change, gone, hold, refuse].some(({ length }) => length > 0);
}
