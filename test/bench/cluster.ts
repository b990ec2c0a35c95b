// The bundled agent and a cluster of its own: `npm run build && npm run bench:cluster -- --only drift`. Linux only: it reads /proc.
import { parseArgs } from 'node:util';
import { startCluster } from '../cluster/harness/start-cluster.ts';
import { driftColumns, measureDrift } from './cluster-drift.ts';
import { measureRollout, rolloutColumns } from './cluster-rollout.ts';
import { measureScale, scaleColumns } from './cluster-scale.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'drift,rollout,deliveries,objects' },
    edits: { type: 'string', default: '500' },
    rollout: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    deliveries: { type: 'string', default: '0,100,1000' },
    objects: { type: 'string', default: '10000' },
    idle: { type: 'string', default: '120' },
  },
});

function printRow(cells: readonly (string | number)[]): void {
  const texts = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(1) : cell));
  console.log(`| ${texts.join(' | ')} |`);
}

function printHead(columns: readonly string[]): void {
  printRow(columns);
  printRow(columns.map(() => '---'));
}

/** Each time in a cluster of its own: what another one left behind is not measured. */
async function scaleRow(deliveries: number, objects: number): Promise<void> {
  const running = await startCluster();
  try {
    printRow(await measureScale(running.cluster, { deliveries, objects }, Number(values.idle)));
  } finally {
    await running.stop();
  }
}

const only = values.only.split(',');
if (only.includes('drift')) {
  const running = await startCluster();
  try {
    printHead(driftColumns);
    const rows = await measureDrift(running.cluster, Number(values.edits), Number(values.seed));
    for (const row of rows) printRow(row);
  } finally {
    await running.stop();
  }
}
if (only.includes('rollout')) {
  const running = await startCluster();
  try {
    printHead(rolloutColumns);
    // No poll but those that are asked for.
    const size = { deliveries: Number(values.rollout), interval: '1h' };
    for (const row of await measureRollout(running.cluster, size)) printRow(row);
  } finally {
    await running.stop();
  }
}
if (only.includes('deliveries') || only.includes('objects')) printHead(scaleColumns);
if (only.includes('deliveries')) {
  for (const deliveries of values.deliveries.split(',').map(Number)) await scaleRow(deliveries, 10);
}
if (only.includes('objects')) {
  for (const objects of values.objects.split(',').map(Number)) await scaleRow(1, objects);
}
