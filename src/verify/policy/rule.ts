import type { ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { SealiftError } from '../../core/index.ts';
import { metered } from './metered-value.ts';

/** What a rule is about: an attestation whose signature has been found good, about the artifact in question. */
export interface Attested {
  readonly predicateType: string;
  readonly predicate: unknown;
  /** Of the artifact. */
  readonly digest: string;
}

/** A condition on an attestation. */
export interface Rule {
  /** What to say when it does not hold. */
  readonly message: string;
  /** `undefined` when the rule holds; else why not. What cannot be evaluated does not hold. Never throws. */
  refusal(attested: Attested): string | undefined;
}

/** As a policy writes it. */
export interface WrittenRule {
  readonly cel: string;
  readonly message?: string | undefined;
}

/** A rule is a sentence or two; the library's own limits are for programs. */
const limits = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 256,
  maxMapEntries: 64,
  maxCallArguments: 8,
};

/** The largest predicates (bills of materials) have tens of thousands of members; a million looks take a third of a second. */
const maxLooks = 1_000_000;

/**
 * Functions and macros that a rule may call. Left out: what multiplies values (`bind`, `split`, `join`) and what reads bytes.
 * https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md#list-of-standard-definitions
 */
const functions: ReadonlySet<string> = new Set([
  ...['has', 'all', 'exists', 'exists_one', 'filter', 'map', 'size', 'dyn', 'type'],
  ...['bool', 'double', 'int', 'string', 'uint', 'timestamp', 'duration'],
  ...['contains', 'endsWith', 'matches', 'startsWith', 'lowerAscii', 'upperAscii', 'trim', 'substring'],
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getHours'],
  ...['getMinutes', 'getSeconds', 'getMilliseconds'],
]);

/** Takes the place of the library's `matches`, which uses patterns that may take exponential time. */
const linearMatches = 'matchesInLinearTime';

/**
 * Reads a rule of a policy. The library is loaded by the first one.
 * @throws SealiftError CONFIG_INVALID with line and column inside the expression.
 */
export async function compileRule({ cel, message }: WrittenRule, subject: string): Promise<Rule> {
  const environment = await openEnvironment();
  const evaluate = parse(environment, cel, subject);
  for (const node of nodesOf(evaluate.ast)) restrict(node, subject);
  const { valid, type, error } = evaluate.check();
  if (!valid) throw invalid(subject, error);
  if (type !== 'bool' && type !== 'dyn') {
    throw new SealiftError(
      'CONFIG_INVALID',
      subject,
      `line 1, column 1: expected true or false, got ${type}`,
    );
  }
  return {
    message: message ?? `expected ${cel}`,
    refusal: (attested) => refusalOf(evaluate, attested),
  };
}

let environment: Promise<Environment> | undefined;

async function openEnvironment(): Promise<Environment> {
  environment ??= import('@marcbachmann/cel-js').then((library) =>
    new library.Environment({ limits })
      .registerVariable('predicate', 'dyn')
      .registerVariable('predicateType', 'string')
      .registerVariable('digest', 'string')
      .registerFunction(`string.${linearMatches}(string): bool`, (text: string, pattern: string) =>
        compiled(pattern).test(text),
      ),
  );
  return environment;
}

/** Patterns of policies, which are few; beyond this many they are compiled again, so that those of former policies do not stay. */
const maxPatterns = 1024;

const patterns = new Map<string, RE2JS>();

/** Compiling takes a thousand times longer than most texts take, and a rule over a bill of materials asks for it at every member. */
function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= maxPatterns) patterns.clear();
  const fresh = RE2JS.compile(pattern);
  patterns.set(pattern, fresh);
  return fresh;
}

type Evaluate = ReturnType<Environment['parse']>;

function parse(environment: Environment, cel: string, subject: string): Evaluate {
  try {
    return environment.parse(cel);
  } catch (thrown) {
    throw invalid(subject, thrown);
  }
}

/** @throws SealiftError CONFIG_INVALID for a call that is not offered. */
function restrict(node: ASTNode, subject: string): void {
  if (node.op !== 'call' && node.op !== 'rcall') return;
  const [name] = node.args;
  if (!functions.has(name)) {
    const got = `expected one of the functions ${[...functions].join(', ')}, got ${name}`;
    throw placed(subject, node, got);
  }
  if (name === 'matches') replaceMatches(node, subject);
}

/** A pattern is the policy's word, never the predicate's, so that it can be read now and stays what it is. */
function replaceMatches(node: ASTNode & { op: 'call' | 'rcall' }, subject: string): void {
  const [pattern] = node.op === 'rcall' ? node.args[2] : [];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw placed(subject, node, 'expected TEXT.matches("PATTERN") with a pattern that is written out');
  }
  try {
    compiled(pattern.args);
  } catch {
    throw placed(subject, pattern, 'expected a regular expression in RE2 syntax');
  }
  node.args[0] = linearMatches;
}

function* nodesOf(value: unknown): Generator<ASTNode, void, undefined> {
  if (Array.isArray(value)) {
    for (const member of value) yield* nodesOf(member);
  } else if (isNode(value)) {
    yield value;
    yield* nodesOf(value.args);
  }
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function refusalOf(evaluate: Evaluate, { predicate, ...rest }: Attested): string | undefined {
  const counted = metered(predicate, maxLooks);
  let outcome: unknown;
  try {
    outcome = evaluate({ ...rest, predicate: counted.value });
  } catch (thrown) {
    outcome = thrown;
  }
  if (counted.isOver()) return `expected a predicate that is judged within ${maxLooks} looks at its members`;
  if (outcome === true) return undefined;
  if (outcome === false) return 'the rule does not hold';
  return `the rule cannot be evaluated: ${outcome instanceof Error ? summaryOf(outcome) : `expected true or false, got ${typeof outcome}`}`;
}

function summaryOf(error: Error): string {
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}

function invalid(subject: string, thrown: unknown): SealiftError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { range, node } = error as Partial<ParseError>;
  const place = { start: range?.start ?? 0, input: node?.input ?? '' };
  return placed(subject, place, summaryOf(error), error);
}

function placed(
  subject: string,
  { start, input }: { readonly start: number; readonly input?: string | undefined },
  detail: string,
  cause?: Error,
): SealiftError {
  const before = (input ?? '').slice(0, start).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return new SealiftError('CONFIG_INVALID', subject, `${place}: ${detail}`, { cause });
}
