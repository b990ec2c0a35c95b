import type { ObjectRef } from '../core/index.ts';

/** One object a delivery owns, as Flux writes it in `status.inventory`. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<Kind>`. */
  readonly id: string;
  /** API version without the group. */
  readonly v: string;
  /**
   * Set while a first write was attempted and not confirmed: the entry is then no proof that what stands there is ours.
   * Not part of Flux's form; drop it where an inventory is published.
   */
  readonly attempted?: true;
  /** Of the object, where the id alone reads back as another name: that of a role with `__` in it. Not part of Flux's form either. */
  readonly name?: string;
}

/** Kinds whose names may hold a colon, written `__` in ids. */
const colonKinds = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

/** The inventory id of an object: its identity everywhere in Sealift. */
export function inventoryId(ref: ObjectRef): string {
  const name = colonKinds.has(ref.kind) ? ref.name.replaceAll(':', '__') : ref.name;
  return `${ref.namespace}_${name}_${ref.group}_${ref.kind}`;
}

export function toInventoryEntry(ref: ObjectRef): InventoryEntry {
  const entry = { id: inventoryId(ref), v: ref.version };
  return fromInventoryEntry(entry)?.name === ref.name ? entry : { ...entry, name: ref.name };
}

/** Reads an entry back; `undefined` when the id is not one. */
export function fromInventoryEntry(entry: InventoryEntry): ObjectRef | undefined {
  const match = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/.exec(entry.id);
  if (match === null) return undefined;
  const [, namespace = '', written = '', group = '', kind = ''] = match;
  const name = entry.name ?? written.replaceAll('__', ':');
  return { namespace, name, group, kind, version: entry.v };
}
