import { formatRef, rfc3339, type SealiftEvent } from '../core/index.ts';

export type Severity = 'info' | 'error';

/** An event in words: what log, terminal and history show. */
export interface EventText {
  readonly severity: Severity;
  /** CamelCase word as in Kubernetes events. */
  readonly reason: string;
  readonly message: string;
}

/** Hex digests, cut like git cuts them. */
export function shortRevision(revision: string): string {
  return revision.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/g, '$1');
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`;
}

function info(reason: string, message: string): EventText {
  return { severity: 'info', reason, message };
}

function withSkipped(skipped: readonly string[]): string {
  if (skipped.length === 0) return '';
  return `; left out ${plural(skipped.length, 'link')}: ${skipped.slice(0, 3).join(', ')}${skipped.length > 3 ? ', …' : ''}`;
}

function describeStored(event: Extract<SealiftEvent, { kind: 'artifact-stored' }>): EventText {
  const { revision, url, files, bytes, skipped } = event;
  return info(
    'NewArtifact',
    `stored artifact with revision '${revision}' from '${url}': ${plural(files, 'file')}, ${bytes} bytes${withSkipped(skipped)}`,
  );
}

function describeBuilt(event: Extract<SealiftEvent, { kind: 'delivery-built' }>): EventText {
  const warnings = event.warnings.map((warning) => `; warning: ${warning}`).join('');
  return info('Built', `built ${plural(event.objects, 'object')} from revision ${event.revision}${warnings}`);
}

function describeApplied(event: Extract<SealiftEvent, { kind: 'delivery-applied' }>): string {
  const what = event.changed === 0 ? 'nothing to do' : `${plural(event.changed, 'change')}`;
  return `applied revision ${event.revision}: ${plural(event.objects, 'object')}, ${what}, in ${seconds(event.durationMs)}`;
}

function describeConverged({ changes, failures }: Extract<SealiftEvent, { kind: 'converged' }>): EventText {
  const what = changes === 0 ? 'nothing to do' : plural(changes, 'change');
  if (failures === 0) return info('Converged', `the site is as it should be: ${what}`);
  return { severity: 'error', reason: 'NotConverged', message: `${plural(failures, 'failure')}, ${what}` };
}

function describeObject(
  event: Extract<SealiftEvent, { kind: 'object-changed' | 'object-warned' }>,
): EventText {
  if (event.kind === 'object-warned')
    return info('TargetWarning', `${formatRef(event.object)}: warning: ${event.message}`);
  const reason = event.action === 'repaired' ? 'DriftRepaired' : 'Progressing';
  const why = event.reason === undefined ? '' : ` (${event.reason})`;
  return info(reason, `${formatRef(event.object)} ${event.action}${why}`);
}

function describeFloor({
  by,
  from,
  to,
  revision,
}: Extract<SealiftEvent, { kind: 'floor-moved' }>): EventText {
  const who = by === 'operator' ? 'by an operator' : 'by a signed statement';
  const on = revision === undefined ? '' : ` on revision ${revision}`;
  return info('FloorMoved', `floor moved ${who}${on}: from ${from} to ${to}`);
}

function describeLoaded(event: Extract<SealiftEvent, { kind: 'configuration-loaded' }>): EventText {
  const parts = [
    plural(event.sources, 'source'),
    plural(event.deliveries, 'delivery').replace('deliverys', 'deliveries'),
    plural(event.policies, 'policy').replace('policys', 'policies'),
  ];
  return info('ConfigurationLoaded', `configuration loaded: ${parts.join(', ')}`);
}

function describeRefused({
  code,
  message,
}: Extract<SealiftEvent, { kind: 'configuration-refused' }>): EventText {
  const text = `configuration refused, the last good one stays in force: ${message}`;
  return { severity: 'error', reason: code, message: text };
}

type MemoryKind = 'floor-moved' | 'state-mended' | 'clock-behind' | 'trust-changed';
type MemoryEvent = Extract<SealiftEvent, { kind: MemoryKind }>;

function describeMemory(event: MemoryEvent): EventText {
  switch (event.kind) {
    case 'floor-moved':
      return describeFloor(event);
    case 'state-mended':
      return { severity: 'error', reason: 'StateMended', message: event.detail };
    case 'clock-behind': {
      const [clock, bound] = [rfc3339(event.clock), rfc3339(event.bound)];
      const message = `the clock says ${clock}, and it is ${bound} or later: set it; until then the later one counts`;
      return { severity: 'error', reason: 'ClockBehind', message };
    }
    case 'trust-changed':
      return describeTrust(event);
  }
}

function describeTrust({
  name,
  before = 'none',
  after = 'none',
}: Extract<SealiftEvent, { kind: 'trust-changed' }>): EventText {
  const message = `trusted root ${name} is another one: before ${before}, now ${after}; what rests on it is judged again`;
  return info('TrustChanged', message);
}

type HealthEvent = Extract<SealiftEvent, { kind: 'health-passed' | 'health-lost' | 'health-cancelled' }>;

function describeHealth(event: HealthEvent): EventText {
  switch (event.kind) {
    case 'health-passed':
      return info('HealthCheckPassed', `Health check passed in ${seconds(event.durationMs)}`);
    case 'health-lost':
      return { severity: 'error', reason: 'HealthLost', message: `not healthy any more: ${event.message}` };
    case 'health-cancelled':
      return info('HealthCheckCanceled', 'health checks cancelled: something newer has come');
  }
}

type RollbackEvent = Extract<SealiftEvent, { kind: 'rollback-begun' | 'rolled-back' }>;

function describeRollback(event: RollbackEvent): EventText {
  const { revision, good } = event;
  if (event.kind === 'rolled-back') {
    const message = `revision ${good} is in force again; ${revision} is not tried again until something changes`;
    return { severity: 'error', reason: 'RolledBack', message };
  }
  const message = `going back to revision ${good}, since ${revision} failed: ${event.message}`;
  return { severity: 'error', reason: 'RollingBack', message };
}

const toldAs = {
  fight: 'Fighting',
  'deletion-waits': 'DeletionWaits',
  'objects-left': 'ObjectsLeft',
} as const;

/** Says an event in one line of plain English. No secret can be in it, since none is in events. */
export function describeEvent(event: SealiftEvent): EventText {
  switch (event.kind) {
    case 'configuration-loaded':
      return describeLoaded(event);
    case 'configuration-refused':
      return describeRefused(event);
    case 'revision-resolved':
      return info('NewRevision', `new revision ${event.revision} at ${event.url}`);
    case 'revision-verified':
      return info(
        'Verified',
        `verified signature of revision ${event.revision} by ${event.signers.join(', ')}`,
      );
    case 'revision-accepted-unsigned':
      return info(
        'NotVerified',
        `revision ${event.revision} taken without verification: no policy asks for one`,
      );
    case 'policy-warned':
      return info('PolicyWarning', `warning on revision ${event.revision}: ${event.message}`);
    case 'artifact-stored':
      return describeStored(event);
    case 'source-recovered':
      return info('Succeeded', `the trouble is over, revision ${event.revision} is in force`);
    case 'delivery-built':
      return describeBuilt(event);
    case 'object-changed':
    case 'object-warned':
      return describeObject(event);
    case 'fight':
    case 'deletion-waits':
    case 'objects-left':
      return { severity: 'error', reason: toldAs[event.kind], message: event.message };
    case 'delivery-applied':
      return info('ReconciliationSucceeded', describeApplied(event));
    case 'health-passed':
    case 'health-lost':
    case 'health-cancelled':
      return describeHealth(event);
    case 'rollback-begun':
    case 'rolled-back':
      return describeRollback(event);
    case 'floor-moved':
    case 'state-mended':
    case 'clock-behind':
    case 'trust-changed':
      return describeMemory(event);
    case 'converged':
      return describeConverged(event);
    case 'failed':
      return { severity: 'error', reason: event.code, message: `${event.stage} failed: ${event.message}` };
  }
}
