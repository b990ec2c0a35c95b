import type { Environment, ParseError } from '@marcbachmann/cel-js';
import { SealiftError } from '../errors.ts';
import { functionsOnOptionals, placed, plainFunctions, restrictCalls } from './calls.ts';
import type { Expression, ExpressionOutcome, ExpressionScope } from './expression.ts';
import { ExpressionFunctions } from './functions.ts';
import { LookBudget } from './look-budget.ts';
import { metered } from './metered-value.ts';

/** A condition is a sentence or two; the library's own limits are for programs. */
const limits = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 256,
  maxMapEntries: 64,
  maxCallArguments: 8,
};

/** The largest values (bills of materials) have tens of thousands of members; a million looks take a third of a second. */
const maxLooks = 1_000_000;

/** Longer than what the library says by itself: enough to know a name by. */
const maxSummary = 200;

type Library = typeof import('@marcbachmann/cel-js');

/** As `compileExpression`, with the library at hand. */
export function compileWith(
  library: Library,
  cel: string,
  scope: ExpressionScope,
  subject: string,
): Expression {
  const { environment, functions, offered } = languageOf(library, scope);
  const evaluate = parse(environment, cel, subject);
  restrictCalls(evaluate.ast, environment, offered, subject);
  const { valid, type, error } = evaluate.check();
  if (!valid) throw invalid(subject, error);
  if (type !== 'bool' && type !== 'dyn') {
    throw new SealiftError(
      'CONFIG_INVALID',
      subject,
      `line 1, column 1: expected true or false, got ${type}`,
    );
  }
  return { evaluate: (values) => outcomeOf(evaluate, functions, values) };
}

interface Language {
  readonly environment: Environment;
  readonly functions: ExpressionFunctions;
  readonly offered: ReadonlySet<string>;
}

/** One for each scope; scopes are constants of the program. */
const languages = new Map<ExpressionScope, Language>();

function languageOf(library: Library, scope: ExpressionScope): Language {
  const language = languages.get(scope) ?? makeLanguage(library, scope);
  languages.set(scope, language);
  return language;
}

function makeLanguage({ Environment }: Library, scope: ExpressionScope): Language {
  const functions = new ExpressionFunctions();
  const isOpen = scope === 'any';
  const optionals = isOpen ? {} : optionalsOf(scope);
  const enableOptionalTypes = optionals !== undefined;
  const environment = functions.register(
    new Environment({ limits, unlistedVariablesAreDyn: isOpen, enableOptionalTypes }),
  );
  for (const [name, type] of Object.entries(optionals ?? scope)) environment.registerVariable(name, type);
  return { environment, functions, offered: enableOptionalTypes ? functionsOnOptionals : plainFunctions };
}

/** `undefined` where optional fields may not be asked for. */
function optionalsOf({ optionals }: Exclude<ExpressionScope, 'any'>): object | undefined {
  return typeof optionals === 'object' ? optionals : undefined;
}

type Evaluate = ReturnType<Environment['parse']>;

function parse(environment: Environment, cel: string, subject: string): Evaluate {
  try {
    return environment.parse(cel);
  } catch (thrown) {
    throw invalid(subject, thrown);
  }
}

function outcomeOf(
  evaluate: Evaluate,
  functions: ExpressionFunctions,
  values: Readonly<Record<string, unknown>>,
): ExpressionOutcome {
  const budget = new LookBudget(maxLooks);
  let outcome: unknown;
  try {
    const counted = Object.entries(values).map(([name, value]) => [name, metered(value, budget)]);
    outcome = functions.within(budget, () => evaluate(Object.fromEntries(counted)));
  } catch (thrown) {
    outcome = thrown;
  }
  if (budget.isOver) return { kind: 'too-long', maxLooks };
  if (outcome === true || outcome === false) return { kind: 'value', holds: outcome };
  const detail =
    outcome instanceof Error ? shown(summaryOf(outcome)) : `expected true or false, got ${typeof outcome}`;
  return { kind: 'fault', detail };
}

/** The library's own errors say in a summary what is wrong; their message shows the place, too, in several lines. */
function summaryOf(error: Error): string {
  return (error as Partial<ParseError>).summary ?? error.message;
}

/** A summary may quote the name of a member, which is as long as its author likes, and made of anything. */
function shown(summary: string): string {
  return summary.slice(0, maxSummary).replaceAll(/\p{Cc}/gu, '?');
}

function invalid(subject: string, thrown: unknown): SealiftError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { range, node } = error as Partial<ParseError>;
  const place = { start: range?.start ?? 0, input: node?.input ?? '' };
  return placed(subject, place, summaryOf(error), error);
}
