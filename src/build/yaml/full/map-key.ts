import { isAlias, isScalar, type Pair, type ParsedNode } from 'yaml';
import type { JsonValue } from '../json-value.ts';
import type { ScalarRules } from '../scalar.ts';

/** The key of a map, or what is wrong with it. */
type MapKey = { readonly key: string } | { readonly fault: string };

/** True for a key that was read as another text than it is written; behind an alias, for what looks like the result of that. */
function isDate(key: ParsedNode, value: string): boolean {
  if (isAlias(key)) return /^\d{4}-\d\d-\d\dT/.test(value);
  return isScalar(key) && key.type === 'PLAIN' && value !== key.source;
}

/** The key that a node with that value stands for. */
export function mapKeyOf(node: ParsedNode, value: JsonValue, rules: ScalarRules): MapKey {
  if (rules === 'source' && typeof value === 'string' && isDate(node, value)) {
    return { fault: 'expected a string as key, got a date; quote it' };
  }
  // What was printed quotes every key that needs it.
  if (isScalar(node) && value !== null && (rules === 'printed' || typeof value === 'string')) {
    return { key: node.source };
  }
  return typeof value === 'string' ? { key: value } : { fault: 'expected a string as key; quote it' };
}

const bareColon = /[ \t]*:[,\]}]/y;

/** In braces YAML 1.1, so kustomize, takes `a:,` and `a :,` for text and YAML 1.2 for a key without a value. */
export function hasBareColon(key: ParsedNode, text: string): boolean {
  bareColon.lastIndex = key.range[1];
  return isScalar(key) && key.type === 'PLAIN' && bareColon.test(text);
}

export function isMergeKey(pair: Pair<ParsedNode, ParsedNode | null>): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<';
}
