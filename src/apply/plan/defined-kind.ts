import { isKind, type ObjectRef } from '../../core/index.ts';

/** What a definition defines, as `kindKey` names it; `undefined` for anything else, and for one that does not say. */
export function definedKind(ref: ObjectRef, spec: unknown): string | undefined {
  if (!isKind(ref, 'definition')) return undefined;
  const defined = field(field(spec, 'names'), 'kind');
  const definedGroup = field(spec, 'group');
  if (typeof definedGroup !== 'string' || typeof defined !== 'string') return undefined;
  return kindKey(definedGroup, defined);
}

/** One kind, whatever its versions. */
export function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}

/** A build passes on whatever somebody wrote. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
