/** A set of fields as the API server writes it: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers */
export type FieldSet = ReadonlySet<string>;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no field of a manager. */
const unmanaged = new Set(['apiVersion', 'kind', 'metadata name', 'metadata namespace']);

/** The leaves of an object with their values, by path; lists are leaves. */
export function leavesOf(value: Fields, path = ''): Map<string, unknown> {
  const below = ([key, field]: [string, unknown]): [string, unknown][] => {
    const own = path === '' ? key : `${path} ${key}`;
    if (unmanaged.has(own)) return [];
    return isFields(field) ? [...leavesOf(field, own)] : [[own, field]];
  };
  return new Map(Object.entries(value).flatMap(below));
}

/** The same object with a leaf set, or without it. */
export function withLeaf(value: Fields, path: readonly string[], leaf: unknown): Fields {
  const [key = '', ...rest] = path;
  const below = value[key];
  const { [key]: _, ...others } = value;
  if (rest.length === 0) return leaf === undefined ? others : { ...value, [key]: leaf };
  const inner = withLeaf(isFields(below) ? below : {}, rest, leaf);
  return Object.keys(inner).length === 0 ? others : { ...value, [key]: inner };
}

export function toFieldsV1(fields: FieldSet): Fields {
  let tree: Fields = {};
  for (const path of [...fields].sort())
    tree = withLeaf(
      tree,
      path.split(' ').map((key) => `f:${key}`),
      {},
    );
  return tree;
}

export function fromFieldsV1(tree: unknown, path = ''): Set<string> {
  const fields = new Set<string>();
  for (const [key, below] of Object.entries(isFields(tree) ? tree : {})) {
    const own = path === '' ? key.slice(2) : `${path} ${key.slice(2)}`;
    const inner = fromFieldsV1(below, own);
    if (inner.size === 0) fields.add(own);
    for (const field of inner) fields.add(field);
  }
  return fields;
}
