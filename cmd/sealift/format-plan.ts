import type { DeliveryPlan, SitePlan } from '../../src/agent/index.ts';
import { deliveryText } from '../../src/api/index.ts';
import { formatRef, type ObjectRef } from '../../src/core/index.ts';
import { printable, shortRevision } from '../../src/observe/index.ts';
import { formatValue } from './output.ts';

export type PlanFormat = 'text' | 'json' | 'yaml';

type Change = DeliveryPlan['change'][number];

/** A value may be secret, absent or text of any kind; it stays on its line. */
function side(value: string | undefined): string {
  return value ?? '(none)';
}

function changeLines({ object, fields, omitted, recreate }: Change): string[] {
  const how = recreate ? '  (may be deleted and made again)' : '';
  const unread = fields.length === 0 && omitted === 0 ? '  (as a whole)' : '';
  return [
    `  ~ ${formatRef(object)}${unread}${how}`,
    ...fields.map(({ path, before, after }) => `      ${path}: ${side(before)} -> ${side(after)}`),
    ...(omitted > 0 ? [`      and ${omitted} more fields`] : []),
  ];
}

function refLines(sign: string, refs: readonly ObjectRef[], why = ''): string[] {
  return refs.map((ref) => `  ${sign} ${formatRef(ref)}${why}`);
}

const refusalWords: Readonly<Partial<Record<DeliveryPlan['refuse'][number]['reason'], string>>> = {
  'refused-by-target': 'refused: ',
  'not-read': 'cannot be read: ',
};

function refusalLine({ object, reason, detail }: DeliveryPlan['refuse'][number]): string {
  return `  ! ${formatRef(object)}  ${refusalWords[reason] ?? ''}${detail}`;
}

function deliveryLines(plan: DeliveryPlan): string[] {
  const what = plan.revision === undefined ? 'is taken back' : shortRevision(plan.revision);
  const where = plan.target === undefined ? '' : `  at ${plan.target}`;
  return [
    `${deliveryText(plan)}  ${what}${where}`,
    ...refLines('+', plan.create),
    ...plan.change.flatMap(changeLines),
    ...refLines('-', plan.delete),
    ...refLines('!', plan.hold, '  is not deleted: too much would go'),
    ...plan.refuse.map(refusalLine),
    ...plan.keep.map(({ object, reason }) => `  = ${formatRef(object)}  kept: ${reason}`),
    ...(plan.unchanged > 0 ? [`    unchanged: ${plan.unchanged}`] : []),
  ];
}

function sumLine({ deliveries, failures }: SitePlan): string {
  const sum = (count: (plan: DeliveryPlan) => number): number =>
    deliveries.reduce((total, plan) => total + count(plan), 0);
  const parts = [
    `create ${sum(({ create }) => create.length)}`,
    `change ${sum(({ change }) => change.length)}`,
    `delete ${sum((plan) => plan.delete.length)}`,
    `unchanged ${sum(({ unchanged }) => unchanged)}`,
  ];
  const stuck = sum(({ hold, refuse }) => hold.length + refuse.length);
  if (stuck > 0) parts.push(`refused ${stuck}`);
  if (failures.length > 0) parts.push(`failed ${failures.length}`);
  return parts.join(', ');
}

function planText(plan: SitePlan): string {
  const lines = [
    ...plan.deliveries.flatMap(deliveryLines),
    ...plan.waiting.map((one) => `${deliveryText(one)}  no plan: ${one.reason}`),
    sumLine(plan),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** A plan for people, or as a value for programs; failures are told apart, on stderr, and are in the value too. */
export function formatPlan(plan: SitePlan, format: PlanFormat): string {
  if (format === 'text') return planText(plan);
  const failures = plan.failures.map(({ subject, error }) => ({
    subject,
    code: error.code,
    message: error.message,
  }));
  return formatValue({ ...plan, failures }, format);
}
