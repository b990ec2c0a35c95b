import type { Environment, ParseError } from '@marcbachmann/cel-js';
import { SealiftError } from '../../core/index.ts';
import { LookBudget } from './look-budget.ts';
import { metered } from './metered-value.ts';
import { placed, restrictCalls } from './rule-calls.ts';
import { RuleFunctions } from './rule-functions.ts';

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
 * Reads a rule of a policy. The library is loaded by the first one.
 * @throws SealiftError CONFIG_INVALID with line and column inside the expression.
 */
export async function compileRule({ cel, message }: WrittenRule, subject: string): Promise<Rule> {
  const { environment, functions } = await openLanguage();
  const evaluate = parse(environment, cel, subject);
  restrictCalls(evaluate.ast, environment, subject);
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
    refusal: (attested) => refusalOf(evaluate, functions, attested),
  };
}

interface Language {
  readonly environment: Environment;
  readonly functions: RuleFunctions;
}

let language: Promise<Language> | undefined;

async function openLanguage(): Promise<Language> {
  language ??= import('@marcbachmann/cel-js').then((library) => {
    const functions = new RuleFunctions();
    const environment = new library.Environment({ limits })
      .registerVariable('predicate', 'dyn')
      .registerVariable('predicateType', 'string')
      .registerVariable('digest', 'string');
    return { environment: functions.register(environment), functions };
  });
  return language;
}

type Evaluate = ReturnType<Environment['parse']>;

function parse(environment: Environment, cel: string, subject: string): Evaluate {
  try {
    return environment.parse(cel);
  } catch (thrown) {
    throw invalid(subject, thrown);
  }
}

function refusalOf(
  evaluate: Evaluate,
  functions: RuleFunctions,
  { predicate, ...rest }: Attested,
): string | undefined {
  const budget = new LookBudget(maxLooks);
  let outcome: unknown;
  try {
    outcome = functions.within(budget, () => evaluate({ ...rest, predicate: metered(predicate, budget) }));
  } catch (thrown) {
    outcome = thrown;
  }
  if (budget.isOver) return `expected a predicate that is judged within ${maxLooks} looks at its members`;
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
