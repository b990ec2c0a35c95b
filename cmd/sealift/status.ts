import type { Command } from 'commander';
import type { Condition, DeliveryRecord, SourceRecord } from '../../src/api/index.ts';
import { isClockBehind, rfc3339 } from '../../src/core/index.ts';
import { shortRevision } from '../../src/observe/index.ts';
import { readStateStore } from '../../src/site/index.ts';
import { outputOption, stateDirectoryOption } from './options.ts';
import { formatTable, formatValue, type OutputFormat } from './output.ts';

interface StatusObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly generation: number };
  /** Only of one that is suspended. */
  readonly spec?: { readonly suspend: true };
  readonly status: SourceRecord['status'] | DeliveryRecord['status'];
}

function toObject(apiVersion: string, kind: string, record: SourceRecord | DeliveryRecord): StatusObject {
  const { namespace, name, generation, suspended, status } = record;
  const metadata = { namespace, name, generation };
  return { apiVersion, kind, metadata, ...(suspended ? { spec: { suspend: true } } : {}), status };
}

function readyOf(conditions: readonly Condition[]): Pick<Condition, 'status' | 'message'> {
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready ?? { status: 'False', message: 'waiting to be reconciled' };
}

/** What is said of single objects beside `Ready`. */
const besides: ReadonlySet<string> = new Set(['Fighting', 'Terminating', 'DeletionWaits']);

/**
 * What is ready and would not be taken up any more says so, or which of its objects are not as they should be; what is applied and not yet
 * healthy says what it waits for.
 */
function messageOf(conditions: readonly Condition[]): string {
  const ready = readyOf(conditions);
  const healthy = conditions.find(({ type }) => type === 'Healthy');
  if (ready.status === 'Unknown' && healthy !== undefined) return healthy.message;
  if (ready.status !== 'True') return ready.message;
  const stale = conditions.find(({ type, status }) => type === 'Fresh' && status === 'False');
  const beside = conditions.find(({ type }) => besides.has(type));
  return (stale ?? beside ?? ready).message;
}

function firstLine(text: string): string {
  return shortRevision(text.split('\n', 1)[0] ?? '');
}

function row(object: StatusObject): readonly string[] {
  const { kind, metadata, spec, status } = object;
  const revision =
    'artifact' in status
      ? status.artifact?.revision
      : 'lastAppliedRevision' in status
        ? status.lastAppliedRevision
        : undefined;
  const { status: ready } = readyOf(status.conditions);
  const message = messageOf(status.conditions);
  const { namespace, name } = metadata;
  const suspended = spec?.suspend ? 'True' : 'False';
  return [kind, namespace, name, shortRevision(revision ?? ''), suspended, ready, firstLine(message)];
}

/** The status of every source and delivery, from the state on disk. */
export function readStatus(stateDirectory: string): readonly StatusObject[] {
  const store = readStateStore(stateDirectory);
  try {
    return [
      ...store.sources
        .all()
        .map((record) => toObject('source.toolkit.fluxcd.io/v1', 'OCIRepository', record)),
      ...store.deliveries
        .all()
        .map((record) => toObject('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', record)),
    ];
  } finally {
    store.close();
  }
}

export function formatStatus(objects: readonly StatusObject[], format: OutputFormat): string {
  if (format !== 'table') return formatValue(objects, format);
  const header = ['KIND', 'NAMESPACE', 'NAME', 'REVISION', 'SUSPENDED', 'READY', 'MESSAGE'];
  return formatTable(header, objects.map(row));
}

/** A clock that says a time that cannot be; nothing when it may be right. `now` is milliseconds since the epoch. */
function clockWarning(stateDirectory: string, now: number): string {
  const store = readStateStore(stateDirectory);
  const bound = store.time.find();
  store.close();
  if (bound === undefined || !isClockBehind(bound, now)) return '';
  return `warning: the clock says ${rfc3339(now)}, and it is ${rfc3339(bound.bound)} or later\n`;
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('status')
    .description('show every source and delivery of this site')
    .addOption(stateDirectoryOption())
    .addOption(outputOption())
    .action(({ stateDir, output }: { stateDir: string; output: OutputFormat }) => {
      process.stdout.write(formatStatus(readStatus(stateDir), output));
      process.stderr.write(clockWarning(stateDir, Date.now()));
    });
}
