import { type Command, InvalidArgumentError, Option } from 'commander';
import { rfc3339, type SealiftEvent } from '../../src/core/index.ts';
import { describeEvent, shortRevision } from '../../src/observe/index.ts';
import { readStateStore } from '../../src/site/index.ts';
import { outputOption, stateDirectoryOption } from './options.ts';
import { formatTable, formatValue, type OutputFormat } from './output.ts';

interface EventsOptions {
  readonly stateDir: string;
  readonly output: OutputFormat;
  readonly limit: number;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= 1000) return limit;
  throw new InvalidArgumentError('expected a number from 1 to 1000');
}

function row(event: SealiftEvent): readonly string[] {
  const { severity, reason, message } = describeEvent(event);
  const { kind, namespace, name } = event.subject;
  const object = namespace === '' ? kind : `${kind}/${namespace}/${name}`;
  return [
    rfc3339(event.at),
    severity === 'error' ? 'Warning' : 'Normal',
    reason,
    object,
    shortRevision(message.replaceAll('\n', ' ')),
  ];
}

function printEvents({ stateDir, output, limit }: EventsOptions): void {
  const store = readStateStore(stateDir);
  const events = store.events.newest(limit);
  store.close();
  const text =
    output === 'table'
      ? formatTable(['TIME', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], events.map(row))
      : formatValue(
          events.map((event) => ({ ...event, ...describeEvent(event) })),
          output,
        );
  process.stdout.write(text);
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('events')
    .description('show what happened, newest last')
    .addOption(stateDirectoryOption())
    .addOption(outputOption())
    .addOption(new Option('--limit <count>', 'newest events to show').argParser(parseLimit).default(50))
    .action(printEvents);
}
