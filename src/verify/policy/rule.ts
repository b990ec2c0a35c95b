import { compileExpression, type ExpressionOutcome } from '../../core/index.ts';

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

const scope = { predicate: 'dyn', predicateType: 'string', digest: 'string' } as const;

/** Reads a rule of a policy. @throws SealiftError CONFIG_INVALID with line and column inside the expression. */
export async function compileRule({ cel, message }: WrittenRule, subject: string): Promise<Rule> {
  const expression = await compileExpression(cel, scope, subject);
  return {
    message: message ?? `expected ${cel}`,
    refusal: (attested) => refusalOf(expression.evaluate({ ...attested })),
  };
}

function refusalOf(outcome: ExpressionOutcome): string | undefined {
  switch (outcome.kind) {
    case 'value':
      return outcome.holds ? undefined : 'the rule does not hold';
    case 'fault':
      return `the rule cannot be evaluated: ${outcome.detail}`;
    case 'too-long':
      return `expected a predicate that is judged within ${outcome.maxLooks} looks at its members`;
    default:
      return outcome satisfies never;
  }
}
