import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { SealiftError } from '../errors.ts';
import { countedText, durationText, standIns } from './functions.ts';
import { compiledPattern } from './pattern.ts';

/** They take time by the length of the texts that they compare or look up, now or inside a list or map that is compared later. */
const readers: ReadonlySet<string> = new Set([
  ...['==', '!=', '<', '<=', '>', '>=', 'in'],
  ...['[]', '[?]', 'list', 'map'],
]);

/**
 * Functions and macros that an expression may call. Left out: what multiplies values (`bind`, `split`, `join`) and what reads bytes.
 * https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md#list-of-standard-definitions
 */
export const plainFunctions: ReadonlySet<string> = new Set([
  ...['has', 'all', 'exists', 'exists_one', 'filter', 'map'],
  ...['size', 'dyn', 'type'],
  ...['bool', 'double', 'int', 'string', 'uint', 'timestamp', 'duration'],
  ...['contains', 'endsWith', 'matches', 'startsWith', 'lowerAscii', 'upperAscii', 'trim', 'substring'],
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getHours'],
  ...['getMinutes', 'getSeconds', 'getMilliseconds'],
]);

/** The same, and what takes the value of a field that may be missing. */
export const functionsOnOptionals: ReadonlySet<string> = new Set([...plainFunctions, 'orValue', 'hasValue']);

/**
 * Holds an expression to the functions that are offered, and has every text counted that it compares or hands to one.
 * @throws SealiftError CONFIG_INVALID for a call that is not offered.
 */
export function restrictCalls(
  ast: ASTNode,
  environment: Environment,
  offered: ReadonlySet<string>,
  subject: string,
): void {
  const around: Around = (name, inner) => {
    const call = environment.parse(`${name}(0)`).ast as Call;
    call.args[1] = [inner];
    return call;
  };
  for (const node of [...nodesOf(ast)]) {
    if (isCall(node)) {
      restrict(node, offered, subject);
      countArguments(node, around);
    } else if (readers.has(node.op)) {
      countOperands(node.args as Operand[], around);
    }
  }
}

/** Of a map: key and value together. */
type Operand = ASTNode | [key: ASTNode, value: ASTNode];

type Around = (name: string, inner: ASTNode) => ASTNode;
type Call = ASTNode & { args: [name: string, arguments: ASTNode[]] };
type MethodCall = ASTNode & { args: [name: string, receiver: ASTNode, arguments: ASTNode[]] };

function isCall(node: ASTNode): node is ASTNode & { op: 'call' | 'rcall' } {
  return node.op === 'call' || node.op === 'rcall';
}

/** What an expression writes out itself is as long as it is, and has the type that it has. */
function counted(node: ASTNode, around: Around, wrapper = countedText): ASTNode {
  return ['value', 'list', 'map'].includes(node.op) ? node : around(wrapper, node);
}

function countArguments(node: ASTNode & { op: 'call' | 'rcall' }, around: Around): void {
  if (node.op === 'call') {
    const call = node as Call;
    const wrapper = node.args[0] === 'duration' ? durationText : countedText;
    call.args[1] = call.args[1].map((one) => counted(one, around, wrapper));
    return;
  }
  const call = node as MethodCall;
  call.args[1] = counted(call.args[1], around);
  call.args[2] = call.args[2].map((one) => counted(one, around));
}

function countOperands(operands: Operand[], around: Around): void {
  for (const [at, operand] of operands.entries()) {
    if (Array.isArray(operand)) countOperands(operand, around);
    else operands[at] = counted(operand, around);
  }
}

function restrict(
  node: ASTNode & { op: 'call' | 'rcall' },
  offered: ReadonlySet<string>,
  subject: string,
): void {
  const [name] = node.args;
  if (!offered.has(name)) {
    const got = `expected one of the functions ${[...offered].join(', ')}, got ${name}`;
    throw placed(subject, node, got);
  }
  if (name === 'matches') requirePattern(node, subject);
  const standIn = standIns[name];
  if (standIn !== undefined) node.args[0] = standIn;
}

/** A pattern is the word of whoever wrote the expression, never of what it is about, so that it can be read now and stays what it is. */
function requirePattern(node: ASTNode & { op: 'call' | 'rcall' }, subject: string): void {
  const [pattern] = node.op === 'rcall' ? node.args[2] : [];
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw placed(subject, node, 'expected TEXT.matches("PATTERN") with a pattern that is written out');
  }
  try {
    compiledPattern(pattern.args);
  } catch {
    throw placed(subject, pattern, 'expected a regular expression in RE2 syntax');
  }
}

/** All objects of an expression: bytes are one, too, and have no `op` that anybody asks for. */
function* nodesOf(value: unknown): Generator<ASTNode, void, undefined> {
  if (Array.isArray(value)) {
    for (const member of value) yield* nodesOf(member);
  } else if (value instanceof Object) {
    const node = value as ASTNode;
    yield node;
    yield* nodesOf(node.args);
  }
}

/** A fault, at its place inside the expression. */
export function placed(
  subject: string,
  { start, input }: { readonly start: number; readonly input?: string | undefined },
  detail: string,
  cause?: Error,
): SealiftError {
  const before = (input ?? '').slice(0, start).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return new SealiftError('CONFIG_INVALID', subject, `${place}: ${detail}`, { cause });
}
