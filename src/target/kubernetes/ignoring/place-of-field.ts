import { type FieldPath, inside, itemIn, type KubernetesObject, pointerSteps } from '../../../core/index.ts';
import type { LiveObject } from '../client/client.ts';
import { type FieldSet, fieldSetsOf, hasKeys, keysOf, setAt } from './field-set.ts';

/** Where a field that is left to others stands: in what is asked for, in what is there, and in the sets of its managers. */
export interface FieldPlace {
  readonly asked: FieldPath;
  readonly live: FieldPath;
  readonly held: readonly string[];
  /** Its list is held as a whole, by one manager at a time: `held` is that of the list. */
  readonly isOfWhole: boolean;
}

/** The places of JSON pointers. A number in one means an item that is asked for; what is not there yet is left to nobody. */
export function placesOf(
  pointers: readonly string[],
  asked: KubernetesObject,
  live: LiveObject,
): readonly FieldPlace[] {
  const sets = fieldSetsOf(live.metadata);
  const places = pointers.map((pointer) => placeOf(pointerSteps(pointer) ?? [], { asked, live, sets }));
  return places.filter((place) => place !== undefined);
}

/** What there is on the way to a field. */
interface Station {
  readonly asked: unknown;
  readonly live: unknown;
  readonly sets: readonly FieldSet[];
}

interface Step {
  readonly asked: string | number;
  readonly live: string | number;
  /** None in a list that is held as a whole. */
  readonly held: string | undefined;
}

function placeOf(names: readonly string[], root: Station): FieldPlace | undefined {
  const steps: Step[] = [];
  let at = root;
  for (const name of names) {
    const step = Array.isArray(at.asked) ? stepToItem(name, at.asked, at) : stepToField(name, at);
    if (step === undefined) return undefined;
    steps.push(step);
    at = { asked: inside(at.asked, step.asked), live: inside(at.live, step.live), sets: setsAt(at, step) };
  }
  const end = steps.findIndex(({ held }) => held === undefined);
  const held = (end < 0 ? steps : steps.slice(0, end)).map((step) => step.held);
  return steps.length === 0
    ? undefined
    : {
        asked: steps.map((step) => step.asked),
        live: steps.map((step) => step.live),
        held: held.filter((name) => name !== undefined),
        isOfWhole: end >= 0,
      };
}

function setsAt({ sets }: Station, { held }: Step): readonly FieldSet[] {
  if (held === undefined) return [];
  return sets.map((set) => setAt(set, [held])).filter((set) => set !== undefined);
}

function stepToField(name: string, { live }: Station): Step | undefined {
  // Nothing that is asked for says which item is meant.
  return Array.isArray(live) ? undefined : { asked: name, live: name, held: `f:${name}` };
}

function stepToItem(step: string, list: readonly unknown[], { live, sets }: Station): Step | undefined {
  const number = itemIn(list, step);
  if (number === undefined || !Array.isArray(live)) return undefined;
  const names = [...new Set(sets.flatMap((set) => Object.keys(set)))].filter(
    (one) => keysOf(one) !== undefined,
  );
  if (names.length === 0)
    return number < live.length ? { asked: number, live: number, held: undefined } : undefined;
  const held = nameOfItem(names, list, number);
  const keys = held === undefined ? undefined : keysOf(held);
  const there = keys === undefined ? -1 : live.findIndex((item) => hasKeys(item, keys));
  return there < 0 ? undefined : { asked: number, live: there, held };
}

/** The one key with a default in the built-in kinds: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
const defaults = { protocol: 'TCP' } as const;

/** By which keys an item goes, of those that are in use: what it does not say may have been filled in. */
function nameOfItem(names: readonly string[], list: readonly unknown[], number: number): string | undefined {
  const fits = (name: string, item: unknown, isLoose: boolean): boolean => {
    const keys = Object.entries(keysOf(name) ?? {});
    const said = keys.filter(([key]) => !isLoose || inside(item, key) !== undefined);
    return said.length > 0 && hasKeys({ ...defaults, ...(item as object) }, Object.fromEntries(said));
  };
  const exact = names.find((name) => fits(name, list[number], false));
  if (exact !== undefined) return exact;
  const free = names.filter((name) => !list.some((item) => fits(name, item, false)));
  const [loose, ...more] = free.filter((name) => fits(name, list[number], true));
  return more.length === 0 ? loose : undefined;
}
