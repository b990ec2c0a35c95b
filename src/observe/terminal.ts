import { type EventListener, errorTable, type SealiftEvent } from '../core/index.ts';
import { describeEvent, shortRevision } from './describe-event.ts';
import { printable } from './printable.ts';

/** Words at the head of a line, one width. */
const stages: Readonly<Record<SealiftEvent['kind'], string>> = {
  'configuration-loaded': 'config',
  'configuration-refused': 'config',
  'revision-resolved': 'resolve',
  'revision-verified': 'verify',
  'revision-accepted-unsigned': 'verify',
  'policy-warned': 'verify',
  'artifact-stored': 'unpack',
  'source-recovered': 'resolve',
  'delivery-built': 'build',
  'object-changed': 'apply',
  'object-warned': 'apply',
  fight: 'apply',
  'deletion-waits': 'apply',
  'objects-left': 'apply',
  'delivery-applied': 'ready',
  'health-passed': 'health',
  'health-lost': 'health',
  'health-cancelled': 'health',
  'rollback-begun': 'back',
  'rolled-back': 'back',
  'floor-moved': 'verify',
  'state-mended': 'state',
  'clock-behind': 'clock',
  'trust-changed': 'trust',
  converged: 'done',
  failed: 'failed',
};

const width = Math.max(...Object.values(stages).map((word) => word.length));

interface Style {
  readonly color: boolean;
}

function paint(text: string, code: number, { color }: Style): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text;
}

const red = 31;
const green = 32;
const cyan = 36;

function colorOf(event: SealiftEvent): number {
  if (event.kind === 'failed' || event.kind === 'configuration-refused' || event.kind === 'health-lost')
    return red;
  return event.kind === 'delivery-applied' ? green : cyan;
}

function subjectOf({ subject }: SealiftEvent): string {
  return subject.kind === 'Site' ? '' : `${subject.namespace}/${subject.name}  `;
}

function nextStep(event: SealiftEvent): string {
  return event.kind === 'failed' || event.kind === 'configuration-refused'
    ? `\n${' '.repeat(width + 2)}${event.code}: ${errorTable[event.code].next}`
    : '';
}

/** Formats one event as a line for a terminal; a failure has a second line that says what to do. */
function formatEventLine(event: SealiftEvent, style: Style): string {
  const message = describeEvent(event).message.split('\n').map(printable).join('\n');
  const head = paint(stages[event.kind].padEnd(width), colorOf(event), style);
  return `${head}  ${subjectOf(event)}${shortRevision(message)}${nextStep(event)}`;
}

/** One line a change. */
export function createTerminalListener(write: (line: string) => void, style: Style): EventListener {
  return (event) => write(`${formatEventLine(event, style)}\n`);
}
