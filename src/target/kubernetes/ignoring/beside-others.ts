import {
  fieldAt,
  inside,
  isFields,
  type KubernetesObject,
  withField,
  withoutGaps,
} from '../../../core/index.ts';
import { withOwnerOf } from '../../left-to-others.ts';
import type { LiveObject } from '../client/client.ts';
import { isOwn, ownEntry } from '../fields/own-entry.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { type FieldSet, fieldSetOf, setAt } from './field-set.ts';
import { heldPart } from './held-part.ts';
import { type FieldPlace, placesOf } from './place-of-field.ts';

interface Managers {
  readonly own: FieldSet | undefined;
  /** Of those who apply: they say what they want of a field as long as they want it. */
  readonly others: readonly FieldSet[];
}

/**
 * What an apply has to ask for, by force, so that the fields at these JSON pointers stay as they are in this very version of the object. What others
 * apply is not asked for; what would go without us is, with the value that it has. As kustomize-controller does it, but that nothing in these
 * fields is lost.
 */
export function besideOthers(
  asked: KubernetesObject,
  live: LiveObject,
  pointers: readonly string[],
): KubernetesObject {
  if (pointers.length === 0) return asked;
  const managers = managersOf(live);
  let result: unknown = asked;
  for (const place of placesOf(pointers, asked, live))
    result = withField(result, place.asked, toBeAsked(place, { asked, live, managers }));
  return withOwnerOf(asked, withoutGaps(result) as KubernetesObject);
}

function managersOf({ metadata }: LiveObject): Managers {
  const own = ownEntry(metadata);
  const others = (metadata.managedFields ?? [])
    .filter((entry) => entry.operation === 'Apply' && !isOwn(entry))
    .map(fieldSetOf);
  return { own: own && fieldSetOf(own), others: others.filter((set) => set !== undefined) };
}

interface Scene {
  readonly asked: KubernetesObject;
  readonly live: LiveObject;
  readonly managers: Managers;
}

function toBeAsked({ asked: path, live: there, held, isOfWhole }: FieldPlace, scene: Scene): unknown {
  const asked = fieldAt(scene.asked, path);
  const live = fieldAt(scene.live, there);
  const own = setAt(scene.managers.own, held);
  const ours = own === undefined || isOfWhole ? undefined : heldPart(live, own, []);
  if (asked !== undefined && covers(live, asked) && covers(asked, ours)) return asked;
  const others = scene.managers.others.map((set) => setAt(set, held)).filter((set) => set !== undefined);
  if (others.length > 0 && !isOfWhole) return own && heldPart(live, own, others);
  return asked === undefined && own === undefined ? undefined : live;
}

/** Whether a value has all that is in a part of it. */
function covers(whole: unknown, part: unknown): boolean {
  if (part === undefined) return true;
  if (Array.isArray(part)) {
    const isAsLong = Array.isArray(whole) && whole.length === part.length;
    return isAsLong && part.every((item, at) => covers(whole[at], item));
  }
  if (isFields(part)) {
    return (
      isFields(whole) && Object.entries(part).every(([name, field]) => covers(inside(whole, name), field))
    );
  }
  return canonicalText(whole) === canonicalText(part);
}
