import { SopsFault, type SopsMap, type SopsPair, type SopsValue } from './sops-tree.ts';

/** Entries of a list that a flat store may spell out, and levels of one key. */
const maxFlatItems = 256;
const maxFlatDepth = 10;

/** A part of a flat key: `pgp__list_0__map_fp` is the field `fp` of the first item of `pgp`. */
interface Step {
  readonly kind: 'map' | 'list';
  readonly name: string;
}

function stepsOf(key: string): readonly Step[] {
  const [first = '', ...rest] = key.split(/__(?=map_|list_)/);
  const steps = rest.map((part): Step => {
    const kind = part.startsWith('map_') ? 'map' : 'list';
    return { kind, name: part.slice(kind.length + 1) };
  });
  if (steps.length >= maxFlatDepth) throw new SopsFault('its metadata is nested too deeply');
  return [{ kind: 'map', name: first }, ...steps];
}

interface FlatNode {
  value: SopsValue | undefined;
  kind: Step['kind'] | undefined;
  readonly parts: Map<string, FlatNode>;
}

function emptyNode(): FlatNode {
  return { value: undefined, kind: undefined, parts: new Map() };
}

function place(root: FlatNode, { key, value }: SopsPair): void {
  let node = root;
  for (const { kind, name } of stepsOf(key)) {
    if (node.value !== undefined || (node.kind !== undefined && node.kind !== kind)) {
      throw new SopsFault('its metadata contradicts itself');
    }
    node.kind = kind;
    const next = node.parts.get(name) ?? emptyNode();
    node.parts.set(name, next);
    node = next;
  }
  if (node.value !== undefined || node.kind !== undefined)
    throw new SopsFault('its metadata contradicts itself');
  node.value = value;
}

function listItems(node: FlatNode): readonly SopsValue[] {
  const { size } = node.parts;
  if (size > maxFlatItems)
    throw new SopsFault(`expected at most ${maxFlatItems} entries in a list, got ${size}`);
  return Array.from({ length: size }, (_, index) => {
    const item = node.parts.get(String(index));
    if (item === undefined) throw new SopsFault('a list of its metadata has gaps');
    return convert(item);
  });
}

function convert(node: FlatNode): SopsValue {
  if (node.value !== undefined) return node.value;
  if (node.kind === 'list') return { kind: 'list', items: listItems(node) };
  const entries = [...node.parts].map(
    ([key, part]) => ({ kind: 'pair', key, value: convert(part) }) as const,
  );
  return { kind: 'map', entries };
}

/** Metadata of a store that knows no nesting, as the tree that it stands for. @throws SopsFault */
export function unflatten(pairs: readonly SopsPair[]): SopsMap {
  const root = emptyNode();
  for (const pair of pairs) place(root, pair);
  const value = convert(root);
  if (typeof value === 'object' && value !== null && value.kind === 'map') return value;
  throw new SopsFault('its metadata contradicts itself');
}
