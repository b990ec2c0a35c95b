import {
  compileExpression,
  type Expression,
  type KubernetesObject,
  refOf,
  SealiftError,
} from '../core/index.ts';
import { notObserved } from './general-rules.ts';
import { current, failed, type Health, type HealthRule, inProgress, unknown } from './health.ts';
import { healthOf } from './health-of.ts';

/** One entry of `spec.healthCheckExprs`: https://fluxcd.io/flux/components/kustomize/kustomizations/#health-check-expressions */
export interface WrittenHealthCheck {
  readonly apiVersion: string;
  /** Every kind of the group, when it is missing or empty. */
  readonly kind?: string | undefined;
  readonly current: string;
  readonly inProgress?: string | undefined;
  readonly failed?: string | undefined;
}

/**
 * The rules of kstatus, but for the kinds that these checks are for. Only the group and the kind count, as in Flux.
 * @param subject whose checks they are, for errors.
 * @throws SealiftError EXPRESSION_INVALID.
 */
export async function compileHealth(
  checks: readonly WrittenHealthCheck[],
  subject: string,
): Promise<HealthRule> {
  const rules = new Map<string, HealthRule>();
  for (const [at, check] of checks.entries()) {
    const place = `${subject} spec.healthCheckExprs[${at}]`;
    const kinds = kindsOf(check);
    if (rules.has(kinds)) {
      const detail = `expected one check for ${check.kind || 'all kinds'} of the group, got another one before`;
      throw new SealiftError('EXPRESSION_INVALID', place, detail);
    }
    rules.set(kinds, await compileCheck(check, place));
  }
  return (object, now, pods) => {
    const { group, kind } = refOf(object);
    const rule = rules.get(`${group}/${kind}`) ?? rules.get(`${group}/`) ?? healthOf;
    return rule(object, now, pods);
  };
}

/** `GROUP/KIND`, `GROUP/` for every kind of it. */
function kindsOf({ apiVersion, kind = '' }: WrittenHealthCheck): string {
  const { group } = refOf({ apiVersion, kind, metadata: { name: '' } });
  return `${group}/${kind}`;
}

type Say = (message: string) => Health;

interface Condition {
  readonly written: string;
  readonly expression: Expression;
  readonly say: Say;
}

async function compileCheck(check: WrittenHealthCheck, place: string): Promise<HealthRule> {
  const order = [
    ['inProgress', check.inProgress, inProgress],
    ['failed', check.failed, failed],
    ['current', check.current, current],
  ] as const;
  const conditions: Condition[] = [];
  for (const [field, written = '', say] of order) {
    if (written === '' && field !== 'current') continue;
    conditions.push({ written, expression: await compile(written, `${place}.${field}`), say });
  }
  return (object) => notObserved(object) ?? firstThatHolds(conditions, object);
}

async function compile(written: string, place: string): Promise<Expression> {
  try {
    return await compileExpression(written, 'any', place);
  } catch (thrown) {
    if (!(thrown instanceof SealiftError)) throw thrown;
    const detail = thrown.message.slice(thrown.subject.length + 2);
    throw new SealiftError('EXPRESSION_INVALID', place, detail, { cause: thrown });
  }
}

/** What cannot be evaluated leaves it unknown, and the ones behind it are not asked, as in Flux. */
function firstThatHolds(conditions: readonly Condition[], object: KubernetesObject): Health {
  for (const { written, expression, say } of conditions) {
    const outcome = expression.evaluate(object);
    if (outcome.kind === 'fault') return unknown(`cannot evaluate ${written}: ${outcome.detail}`);
    if (outcome.kind === 'too-long') {
      return unknown(`cannot evaluate ${written} within ${outcome.maxLooks} looks at the object`);
    }
    if (outcome.holds) return say(written);
  }
  return inProgress(`waits until ${conditions.at(-1)?.written ?? ''}`);
}
