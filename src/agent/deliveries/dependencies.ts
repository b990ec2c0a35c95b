import {
  askedSource,
  type DeliveryRecord,
  deliveryText,
  findNamed,
  isReady,
  type Kustomization,
  nameText,
  type ObjectName,
} from '../../api/index.ts';
import { compileExpression, formatRef, SealiftError } from '../../core/index.ts';
import { publishedDelivery } from '../status/published-delivery.ts';
import { specHash } from '../status/spec-hash.ts';

interface DependencyQuestion {
  readonly delivery: Kustomization;
  readonly deliveries: readonly Kustomization[];
  readonly records: readonly DeliveryRecord[];
  /** Revision of the delivery's source now. */
  readonly revision: string;
}

interface Dependency extends ObjectName {
  readonly readyExpr?: string | undefined;
}

function dependenciesOf({ metadata, spec }: Kustomization): readonly Dependency[] {
  return spec.dependsOn.map((entry) => ({ ...entry, namespace: entry.namespace ?? metadata.namespace }));
}

/** Whether two deliveries take what they deliver from one source. */
export function sameSource(a: Kustomization, b: Kustomization): boolean {
  return formatRef(askedSource(a)) === formatRef(askedSource(b));
}

async function whyNotReady(key: Dependency, question: DependencyQuestion): Promise<string | undefined> {
  const label = `dependency '${key.namespace}/${key.name}'`;
  const dependency = findNamed(question.deliveries, key.namespace, key.name);
  if (dependency === undefined)
    return `${label} not found: kustomizations.kustomize.toolkit.fluxcd.io "${key.name}" not found`;
  const record = recordOf(dependency, question);
  if (key.readyExpr !== undefined) return whyNotReadyBy(key.readyExpr, dependency, question);
  // Ready under an older spec is not ready, as an `observedGeneration` that lags is not in Flux.
  if (record?.specHash !== specHash(dependency.spec) || !isReady(record.status.conditions))
    return `${label} is not ready`;
  const behind =
    sameSource(dependency, question.delivery) && record.status.lastAppliedRevision !== question.revision;
  return behind ? `${label} revision is not up to date` : undefined;
}

/** An expression stands in the place of the check for readiness, as in Flux. */
async function whyNotReadyBy(
  cel: string,
  dependency: Kustomization,
  question: DependencyQuestion,
): Promise<string | undefined> {
  const { namespace, name } = dependency.metadata;
  const { delivery } = question;
  const subject = deliveryText(delivery.metadata);
  const expression = await compileExpression(cel, readyScope, subject).catch((thrown: SealiftError) => {
    const detail = thrown.message.slice(`${subject}: `.length);
    const what = `failed to evaluate dependency ${name}: failed to parse the CEL expression '${cel}': ${detail}`;
    throw new SealiftError('EXPRESSION_INVALID', subject, what, { cause: thrown });
  });
  const outcome = expression.evaluate({
    self: publishedDelivery(delivery, recordOf(delivery, question)),
    dep: publishedDelivery(dependency, recordOf(dependency, question)),
  });
  const failed = `failed to evaluate the CEL expression '${cel}'`;
  switch (outcome.kind) {
    case 'value':
      return outcome.holds
        ? undefined
        : `dependency '${namespace}/${name}' is not ready according to readyExpr eval`;
    case 'fault':
      return `${failed}: ${outcome.detail.replace(/^No such key/, 'no such key')}`;
    case 'too-long':
      return `${failed}: expected an answer within ${outcome.maxLooks} looks`;
    default:
      return outcome satisfies never;
  }
}

const readyScope = { optionals: { self: 'dyn', dep: 'dyn' } } as const;

function recordOf({ metadata }: Kustomization, { records }: DependencyQuestion): DeliveryRecord | undefined {
  return records.find(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name);
}

/**
 * Why the delivery has to wait for another one, in Flux's words; `undefined` when it has not.
 * @throws SealiftError DEPENDENCY_CYCLE, and EXPRESSION_INVALID for a `readyExpr` that is no condition.
 */
export async function unmetDependency(question: DependencyQuestion): Promise<string | undefined> {
  const cycle = cycleThrough(question.delivery, question.deliveries);
  if (cycle !== undefined) {
    const way = cycle.map(({ metadata }) => nameText(metadata)).join(' -> ');
    throw new SealiftError(
      'DEPENDENCY_CYCLE',
      deliveryText(question.delivery.metadata),
      `waits for itself: ${way}`,
    );
  }
  for (const key of dependenciesOf(question.delivery)) {
    const reason = await whyNotReady(key, question);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The shortest way from a delivery over those that it waits for back to itself, which stands at both ends; `undefined` when there is none. */
function cycleThrough(
  delivery: Kustomization,
  deliveries: readonly Kustomization[],
): readonly Kustomization[] | undefined {
  const seen = new Set<Kustomization>();
  const ways: (readonly Kustomization[])[] = [[delivery]];
  for (const way of ways) {
    const waitedFor = waitedForBy(way.at(-1) ?? delivery, deliveries);
    if (waitedFor.includes(delivery)) return [...way, delivery];
    const fresh = waitedFor.filter((one) => !seen.has(one));
    for (const one of fresh) seen.add(one);
    ways.push(...fresh.map((one) => [...way, one]));
  }
  return undefined;
}

function waitedForBy(
  delivery: Kustomization,
  deliveries: readonly Kustomization[],
): readonly Kustomization[] {
  return dependenciesOf(delivery)
    .map(({ namespace, name }) => findNamed(deliveries, namespace, name))
    .filter((one) => one !== undefined);
}

/** The deliveries that wait for this one. */
export function dependants(of: ObjectName, deliveries: readonly Kustomization[]): readonly Kustomization[] {
  return deliveries.filter((delivery) =>
    dependenciesOf(delivery).some((key) => key.namespace === of.namespace && key.name === of.name),
  );
}

/** Those of them that look at it with an expression of their own: it need not be ready for them. */
export function judgesByExpression(delivery: Kustomization): boolean {
  return delivery.spec.dependsOn.some(({ readyExpr }) => readyExpr !== undefined);
}
