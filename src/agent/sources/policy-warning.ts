import type {
  Condition,
  ConditionDraft,
  DesiredState,
  Refusal,
  SourceRecord,
  SourceStatus,
  Verdict,
} from '../../api/index.ts';
import { policyName } from '../../api/index.ts';
import type { EventBody } from '../../core/index.ts';

const type = 'PolicyWarning';

type Accepting = Exclude<Verdict, { readonly kind: 'refused' }>;

export function withWarnings(verdict: Accepting, warnings: readonly Refusal[]): Accepting {
  return warnings.length === 0
    ? verdict
    : { ...verdict, warnings: [...(verdict.warnings ?? []), ...warnings] };
}

/** What was said of how fresh it is stays said while it is in force, by each policy that is still there to warn. */
export function keptFreshnessWarnings(
  { freshnessWarnings = [] }: SourceRecord,
  { policies }: DesiredState,
): readonly Refusal[] {
  const warning = policies.filter(({ spec }) => spec.mode === 'warn');
  const names = new Set(warning.map(policyName));
  return freshnessWarnings.filter(({ subject }) => names.has(subject));
}

/** What the status says of policies that let an artifact through and would rather not. Nothing where there are none. */
export function warningDraft(verdict: Accepting, observedGeneration: number): readonly ConditionDraft[] {
  const { warnings = [] } = verdict;
  const [first] = warnings;
  if (first === undefined) return [];
  const message = warnings.map(textOf).join('; ');
  return [{ type, status: 'True', reason: reasonOf(first), message, observedGeneration }];
}

/** What the status said before, about an artifact that is still in force. */
export function keptWarning({ conditions }: SourceStatus): readonly Condition[] {
  return conditions.filter(isWarning);
}

export function isWarning(condition: Pick<Condition, 'type'>): boolean {
  return condition.type === type;
}

/** A warning is told once, until it is another one. */
export function warningEvents(
  before: SourceStatus,
  after: SourceStatus,
  revision: string,
): readonly EventBody[] {
  const [known] = keptWarning(before);
  const [warning] = keptWarning(after);
  if (warning === undefined || known?.message === warning.message) return [];
  return [{ kind: 'policy-warned', revision, message: warning.message }];
}

function textOf({ subject, detail }: Refusal): string {
  return `${subject}: ${detail}`;
}

/** `POLICY_DENIED` as Kubernetes writes reasons: `PolicyDenied`. */
function reasonOf({ code }: Refusal): string {
  return code
    .split('_')
    .map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`)
    .join('');
}
