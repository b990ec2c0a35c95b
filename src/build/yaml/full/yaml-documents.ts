import { Composer, type CST, type Document, Lexer, LineCounter, type ParsedNode, Parser } from 'yaml';
import { SealiftError } from '../../../core/index.ts';
import { maxDocuments, maxYamlDepth, maxYamlTokens } from '../yaml-limits.ts';
import { refuseForbiddenCharacters, yamlText } from '../yaml-text.ts';

/** One document of a file, as nodes that know their place. */
export interface YamlDocument {
  readonly file: string;
  /** Counted from 1, empty documents included. */
  readonly number: number;
  readonly contents: ParsedNode | null;
  /** The whole file that the offsets count in. */
  readonly text: string;
  /** Comments that belong to no node, without their `#`. */
  readonly commentBefore: string | null;
  readonly commentAfter: string | null;
  /** Line of an offset, counted from 1. */
  lineAt(offset: number): number;
}

/** A document's place for messages: `apps/web.yaml:12 (document 3)`. */
export function placeOf(document: YamlDocument, offset?: number): string {
  const start = offset ?? document.contents?.range[0] ?? 0;
  return `${document.file}:${document.lineAt(start)} (document ${document.number})`;
}

const composerOptions = {
  // Scalars stay text: which reader's rules hold is decided by ../scalar.ts.
  schema: 'failsafe',
  resolveKnownTags: false,
  // The library compares every key with every other; duplicates are found with a Set instead.
  uniqueKeys: false,
  strict: true,
  logLevel: 'silent',
  prettyErrors: false,
} as const;

function exceeded(file: string, line: number, limit: number, what: string): SealiftError {
  return new SealiftError(
    'YAML_LIMIT_EXCEEDED',
    `${file}:${line}`,
    `expected at most ${limit} ${what}, got more`,
  );
}

/** The parts of a stream as they are read, so that a document that is too large or too deep is never composed. */
function* checkedTokens(file: string, text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const part of parser.next(lexeme)) {
      if (part.type === 'document') tokens = 0;
      yield part;
    }
    tokens += 1;
    const line = lines.lineStarts.length;
    if (tokens > maxYamlTokens) throw exceeded(file, line, maxYamlTokens, 'tokens in a document');
    // The stack holds the document and one token for each open map or list; composing it would recurse as deep.
    if (parser.stack.length > maxYamlDepth + 1) {
      throw exceeded(file, line, maxYamlDepth, 'maps and lists inside each other');
    }
  }
  yield* parser.end();
}

function refuseErrors(file: string, document: Document.Parsed, lines: LineCounter): void {
  const [error] = document.errors;
  if (error === undefined) return;
  // What follows a colon quotes the file, and the file may hold a Secret.
  const [reason = ''] = error.message.split(':');
  throw new SealiftError(
    'YAML_MALFORMED',
    `${file}:${lines.linePos(error.pos[0]).line}`,
    `is not YAML: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`,
  );
}

/**
 * The documents of a YAML 1.2 stream (https://yaml.org/spec/1.2.2/), one at a time. JSON is YAML.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, naming file and line; never quoting content.
 */
export function* readYamlDocuments(file: string, content: string): Generator<YamlDocument> {
  const text = yamlText(content);
  refuseForbiddenCharacters(file, text);
  const lines = new LineCounter();
  const composer = new Composer<ParsedNode>(composerOptions);
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  let number = 0;
  for (const document of composer.compose(checkedTokens(file, text, lines))) {
    refuseErrors(file, document, lines);
    number += 1;
    if (number > maxDocuments) throw exceeded(file, lineAt(document.range[0]), maxDocuments, 'documents');
    const { contents, commentBefore, comment: commentAfter } = document;
    yield { file, number, contents, text, commentBefore, commentAfter, lineAt };
  }
}
