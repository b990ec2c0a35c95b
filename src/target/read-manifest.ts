import {
  Composer,
  type CST,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { KubernetesObject } from '../core/index.ts';

/** Maps and lists inside each other; a build lets 100 through, and every level costs stack. */
const maxDepth = 128;

/** Keys, values, indicators and line ends; a definition of 20,000 lines has some 150,000. Bounds time (2 s) and memory (100 MB). */
const maxLexemes = 500_000;

export type ManifestReading =
  | { readonly kind: 'object'; readonly object: KubernetesObject }
  /** `detail` quotes nothing: the text may hold secrets. */
  | { readonly kind: 'unreadable'; readonly detail: string };

/** Thrown inside this file: what is wrong with a text. */
class Unreadable extends Error {}

/**
 * Reads one object from text that anybody may have written. Integers beyond 2^53 become `bigint`. Aliases are not read:
 * a manifest of ours has none.
 */
export function readManifest(text: string): ManifestReading {
  try {
    const content = plainValue(soleDocument(text));
    if (isObject(content)) return { kind: 'object', object: content };
    throw new Unreadable('no Kubernetes object');
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { kind: 'unreadable', detail: thrown.message };
    throw thrown;
  }
}

const composerOptions = {
  intAsBigInt: true,
  logLevel: 'silent',
  prettyErrors: false,
  schema: 'core',
  // The library compares every key with every other: 100,000 keys would take minutes.
  uniqueKeys: false,
} as const;

function soleDocument(text: string): ParsedNode | null {
  const [document, ...others] = new Composer<ParsedNode>(composerOptions).compose(boundedTokens(text), true);
  if (document === undefined || others.length > 0) throw new Unreadable('several documents');
  const [fault] = document.errors;
  if (fault !== undefined) throw new Unreadable(`no valid YAML (${fault.code} at offset ${fault.pos[0]})`);
  return document.contents;
}

function* boundedTokens(text: string): Generator<CST.Token> {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > maxLexemes) throw new Unreadable(`more than ${maxLexemes} parts`);
    yield* parser.next(lexeme);
    // The stack holds one token for each open map or list, and the document.
    if (parser.stack.length > maxDepth + 1) throw new Unreadable(`nested deeper than ${maxDepth}`);
  }
  yield* parser.end();
}

function plainValue(node: ParsedNode | null): unknown {
  if (node === null) return null;
  if (isScalar(node)) return asNumber(node.value);
  if (isSeq(node)) return node.items.map((item) => plainValue(item));
  if (isMap(node)) return plainFields(node);
  throw new Unreadable('aliases');
}

function plainFields(map: YAMLMap.Parsed): unknown {
  const fields = new Map<string, unknown>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? key.value : undefined;
    if (typeof name !== 'string') throw new Unreadable('a key that is no text');
    if (fields.has(name)) throw new Unreadable('a key twice in one map');
    fields.set(name, plainValue(value));
  }
  return Object.fromEntries(fields);
}

/** Only integers that a `number` cannot hold stay `bigint`. */
function asNumber(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function isObject(value: unknown): value is KubernetesObject {
  if (!isFields(value) || !isFields(value.metadata)) return false;
  const { apiVersion, kind, metadata } = value;
  const { name, namespace, labels, annotations } = metadata;
  return (
    [apiVersion, kind, name].every((text) => typeof text === 'string' && text !== '') &&
    (namespace === undefined || typeof namespace === 'string') &&
    [labels, annotations].every((map) => map === undefined || map === null || isFields(map))
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
