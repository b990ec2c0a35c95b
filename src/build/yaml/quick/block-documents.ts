import type { YamlValue } from '../full/yaml-value.ts';
import { isObject, type JsonValue } from '../json-value.ts';
import type { ScalarRules } from '../scalar.ts';
import { maxDocuments } from '../yaml-limits.ts';
import { hasForbiddenCharacter } from '../yaml-text.ts';
import { BlockLines } from './block-lines.ts';
import { BlockReader } from './block-reader.ts';
import { isAscii } from './character-codes.ts';
import { IrregularYaml, leaveToFullReader } from './irregular-yaml.ts';

/** A document that the quick reader read. */
export interface BlockDocument extends YamlValue {
  /** Of its first content, counted from 1. */
  readonly line: number;
  /** Counted from 1, empty documents included. */
  readonly number: number;
}

function* documentsOf(text: string, rules: ScalarRules): Generator<BlockDocument> {
  const lines = new BlockLines(text);
  const reader = new BlockReader(lines, rules);
  lines.next();
  let number = 0;
  while (!lines.done) {
    number += 1;
    if (number > maxDocuments) leaveToFullReader();
    lines.beginDocument();
    // The first one may begin without a mark.
    const isMarked = lines.indent < 0;
    if (isMarked) lines.next();
    const line = lines.number;
    const isEmpty = lines.indent < 0;
    const value = isEmpty ? { value: null, quoted: new Set<string>() } : reader.read();
    if (rules === 'source') refuseList(value.value);
    yield { ...value, line, number };
  }
}

/** How kustomize takes objects out of a list has rules of its own: ../list-form.ts. */
function refuseList(value: JsonValue): void {
  const kind = isObject(value) ? value['kind'] : undefined;
  if (typeof kind === 'string' && kind.endsWith('List')) leaveToFullReader();
}

/**
 * The documents of a text in the regular style that almost all manifests are written in, each with the value that the full
 * reader would give it, several times as fast; `undefined` when there is anything else in it, faults included.
 */
export function readBlockDocuments(text: string, rules: ScalarRules): readonly BlockDocument[] | undefined {
  try {
    // Those of ASCII are met line by line. The full reader takes a mark that is left for one of its own.
    const isOdd = !isAscii(text) && (hasForbiddenCharacter(text) || text.includes('\ufeff'));
    return isOdd ? undefined : [...documentsOf(text, rules)];
  } catch (thrown) {
    if (thrown instanceof IrregularYaml) return undefined;
    throw thrown;
  }
}
