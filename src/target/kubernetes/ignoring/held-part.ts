import { inside, isFields } from '../../../core/index.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { type FieldSet, hasKeys, keysOf, setAt } from './field-set.ts';

/** The part of a live value that one set of fields holds and none of the others does; `undefined` for nothing. */
export function heldPart(value: unknown, held: FieldSet, others: readonly FieldSet[]): unknown {
  const names = Object.keys(held).filter((name) => name !== '.');
  // All there is of it, whatever that is.
  if (names.length === 0) return others.length === 0 ? value : undefined;
  if (Array.isArray(value)) return unlessEmpty(value.map((item) => heldItem(item, held, others)));
  const fields = names.map((name) => [
    name.slice(2),
    below(inside(value, name.slice(2)), name, held, others),
  ]);
  const kept = fields.filter(([, part]) => part !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function heldItem(item: unknown, held: FieldSet, others: readonly FieldSet[]): unknown {
  const name = Object.keys(held).find((one) => isNameOf(one, item));
  if (name === undefined) return undefined;
  const part = below(item, name, held, others);
  const keys = keysOf(name);
  // An item is nothing without what tells it from others.
  return isFields(part) && keys !== undefined ? { ...keys, ...part } : part;
}

function isNameOf(name: string, item: unknown): boolean {
  const keys = keysOf(name);
  return keys === undefined ? name === `v:${canonicalText(item)}` : hasKeys(item, keys);
}

function below(value: unknown, name: string, held: FieldSet, others: readonly FieldSet[]): unknown {
  const inner = setAt(held, [name]);
  if (value === undefined || inner === undefined) return undefined;
  const theirs = others.map((set) => setAt(set, [name])).filter((set) => set !== undefined);
  return heldPart(value, inner, theirs);
}

function unlessEmpty(items: readonly unknown[]): readonly unknown[] | undefined {
  const kept = items.filter((item) => item !== undefined);
  return kept.length === 0 ? undefined : kept;
}
