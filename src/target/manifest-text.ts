import { Scalar, stringify } from 'yaml';
import type { KubernetesObject } from '../core/index.ts';

const firstLine = '# Delivered by Sealift: edits are reverted. Change the source instead.\n';

/** What every object begins with; all other fields follow by name. */
const firstFields = ['apiVersion', 'kind', 'metadata'];

/**
 * An object as YAML: the same object gives the same bytes, whatever the order of its fields. Strings are quoted so that
 * readers of YAML 1.1 (Kubernetes tools) and 1.2 agree on them; integers of any size stay exact.
 */
export function objectText(object: KubernetesObject): string {
  const names = Object.keys(object).filter((name) => !firstFields.includes(name));
  const fields = [...firstFields, ...names.sort()].map((name) => [name, inOrder(object[name])] as const);
  const body = stringify(new Map(fields), {
    compat: 'yaml-1.1',
    lineWidth: 0,
    schema: 'core',
  });
  return body.replaceAll(breakingCharacters, escaped);
}

/** What a file of a directory holds: `objectText` under a line that says whose it is. */
export function manifestText(object: KubernetesObject): string {
  return firstLine + objectText(object);
}

/**
 * Characters that YAML 1.1 takes for line breaks or refuses. Strings that hold one are double-quoted, so that every one
 * in the text may be escaped.
 */
const breakingCharacters = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/gu;

/** No block for these: libyaml and go-yaml refuse one that begins with a tab, and readers differ on one that is all blank. */
const unsafeBlock = /^[ \n]*(\t|$)/;

/** go-yaml reads `+0o7`, `-_7` and `1_0` as numbers, whatever its version of YAML says. */
const likeNumber = /^[-+._\d][-+._:\da-fopx]*$/i;

/** A copy, so that shared parts are not written as aliases; of maps, because a plain object puts fields like numbers first. */
function inOrder(value: unknown): unknown {
  if (typeof value === 'string') return inSafeQuotes(value);
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(fields.map(([name, field]) => [inSafeQuotes(name), inOrder(field)]));
}

function inSafeQuotes(text: string): string | Scalar<string> {
  const unsafe = [breakingCharacters, unsafeBlock, likeNumber].some((pattern) => text.search(pattern) >= 0);
  if (!unsafe) return text;
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
