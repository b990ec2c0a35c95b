import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';

const file = path.resolve(import.meta.dirname, '../../src/site/index.ts');
const isTraced = spawnSync('strace', ['-V']).status === 0;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sealift-syncs-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** How often a process that does this with a new state store waits for the disk. */
function syncsOf(code: string): number {
  const directory = JSON.stringify(mkdtempSync(path.join(folder, 'state-')));
  const log = path.join(folder, 'calls');
  const text = `import { openStateStore } from ${JSON.stringify(file)}; const state = openStateStore(${directory}); ${code}; state.close();`;
  const traced = [
    '-f',
    '-e',
    'trace=fsync,fdatasync',
    '-o',
    log,
    execPath,
    '--input-type=module',
    '-e',
    text,
  ];
  const { status, stderr } = spawnSync('strace', traced, { encoding: 'utf8', timeout: 60_000 });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return readFileSync(log, 'utf8').split(/\bf(?:data)?sync\(/).length - 1;
}

it.skipIf(!isTraced)(
  'waits for the disk for each record, and for no event (skipped where there is no strace)',
  () => {
    const many = (act: string): string => `for (let at = 0; at < 20; at += 1) ${act}`;
    const event =
      "{ kind: 'converged', changes: at, failures: 0, subject: { kind: 'Site', namespace: '', name: '' }, at }";
    const record =
      "{ name: 'a', namespace: 'b', generation: at, specHash: '', status: { observedGeneration: at, conditions: [] }, failures: 0 }";
    // Opening and closing it.
    const none = syncsOf('');
    expect(syncsOf(many(`state.sources.save(${record})`))).toBeGreaterThanOrEqual(none + 20);
    expect(syncsOf(many(`state.events.append(${event})`))).toBeLessThan(none + 5);
    expect(syncsOf(many(`state.sources.saveDerived(${record})`))).toBeLessThan(none + 5);
    const trace = "{ desired: 'a', uid: 'b', entry: String(at) }";
    expect(syncsOf(many(`state.traces('cluster').save('id', ${trace})`))).toBeLessThan(none + 5);
  },
);
