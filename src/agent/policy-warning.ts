import type { Condition, ConditionDraft, Refusal, SourceStatus, Verdict } from '../api/index.ts';
import type { EventBody } from '../core/index.ts';

const type = 'PolicyWarning';

/** What the status says of policies that let an artifact through and would rather not. Nothing where there are none. */
export function warningDraft(
  verdict: Exclude<Verdict, { readonly kind: 'refused' }>,
  observedGeneration: number,
): readonly ConditionDraft[] {
  const { warnings = [] } = verdict;
  const [first] = warnings;
  if (first === undefined) return [];
  const message = warnings.map(textOf).join('; ');
  return [{ type, status: 'True', reason: reasonOf(first), message, observedGeneration }];
}

/** What the status said before, about an artifact that is still in force. */
export function keptWarning({ conditions }: SourceStatus): readonly Condition[] {
  return conditions.filter((condition) => condition.type === type);
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
