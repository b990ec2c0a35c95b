import type { Command } from 'commander';
import type { DeliveryRecord } from '../../src/api/index.ts';
import { shortRevision } from '../../src/observe/index.ts';
import { readStateStore } from '../../src/site/index.ts';
import { outputOption, stateDirectoryOption } from './options.ts';
import { formatTable, formatValue, type OutputFormat } from './output.ts';

const heading = ['DELIVERY', 'REVISION', 'ORIGIN', 'RESULT', 'FIRST', 'LAST', 'COUNT'];

function rows({ namespace, name, status }: DeliveryRecord): readonly (readonly string[])[] {
  return (status.history ?? []).map((entry) => [
    `${namespace}/${name}`,
    shortRevision(entry.metadata['revision'] ?? ''),
    entry.metadata['originRevision'] ?? '',
    entry.lastReconciledStatus,
    entry.firstReconciled,
    entry.lastReconciled,
    String(entry.totalReconciliations),
  ]);
}

function printHistory({ stateDir, output }: { stateDir: string; output: OutputFormat }): void {
  const store = readStateStore(stateDir);
  const records = store.deliveries.all();
  store.close();
  const value = records.map(({ namespace, name, status }) => ({
    namespace,
    name,
    history: status.history ?? [],
  }));
  process.stdout.write(
    output === 'table' ? formatTable(heading, records.flatMap(rows)) : formatValue(value, output),
  );
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('history')
    .description('show the revisions that each delivery went through, newest first')
    .addOption(stateDirectoryOption())
    .addOption(outputOption())
    .action(printHistory);
}
