import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChildProcessExec, type ExecOutcome } from '../../src/build/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealift-test-exec-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Asked {
  readonly timeMs?: number;
  readonly outputBytes?: number;
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
  readonly outputPauses?: (stdout: Uint8Array) => void;
}

function run(script: string, { signal, outputPauses, ...limits }: Asked = {}): Promise<ExecOutcome> {
  return createChildProcessExec({ timeMs: 20_000, outputBytes: 1024 * 1024, ...limits }).run(
    {
      program: process.execPath,
      args: ['-e', script],
      directory,
      home: join(directory, 'home'),
      ...(outputPauses === undefined ? {} : { outputPauses }),
    },
    signal ?? new AbortController().signal,
  );
}

async function outputOf(script: string): Promise<string> {
  const outcome = await run(script);
  if (outcome.kind !== 'exited') throw new Error(`expected an exit, got ${outcome.kind}`);
  return Buffer.from(outcome.stdout).toString('utf8');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie waits for its parent and runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 400; left > 0 && !condition(); left -= 1) await new Promise((wake) => setTimeout(wake, 25));
  expect(condition()).toBe(true);
}

/** A child that starts a child of its own; both write their id, ignore polite signals and hang. */
const hangingFamily = `
  const fs = require('node:fs');
  process.on('SIGTERM', () => {});
  const hang = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
  const child = require('node:child_process').spawn(process.execPath, ['-e', hang], { stdio: 'inherit' });
  fs.writeFileSync('pids.tmp', JSON.stringify([process.pid, child.pid]));
  fs.renameSync('pids.tmp', 'pids');
`;

function family(): readonly number[] {
  return JSON.parse(readFileSync(join(directory, 'pids'), 'utf8')) as number[];
}

describe('a child process', () => {
  it('is heard: output, messages and code', async () => {
    const outcome = await run(`console.log('out'); console.error('err'); process.exitCode = 3`);
    expect(outcome).toEqual({ kind: 'exited', code: 3, stdout: Buffer.from('out\n'), stderr: 'err\n' });
  });

  it('tells once when it pauses behind whole lines, and what it printed by then', async () => {
    const told: string[] = [];
    const script = `
      const { existsSync } = require('node:fs');
      const proceed = () => existsSync('told') ? console.log('c') : setTimeout(proceed, 5);
      console.error('a');
      process.stdout.write('a');
      setTimeout(() => { process.stdout.write('\\nb\\n'); proceed(); }, 50);
    `;
    const outputPauses = (stdout: Uint8Array): void => {
      told.push(Buffer.from(stdout).toString('utf8'));
      writeFileSync(join(directory, 'told'), '');
    };
    const outcome = await run(script, { outputPauses });
    expect(outcome).toMatchObject({ kind: 'exited', stdout: Buffer.from('a\nb\nc\n') });
    expect(told).toEqual(['a\nb\n']);
  });

  it('tells no pause of what it says beside its output', async () => {
    const told: unknown[] = [];
    const script = `console.error('a'); setTimeout(() => console.error('b'), 50)`;
    await run(script, { outputPauses: (stdout) => told.push(stdout) });
    expect(told).toEqual([]);
  });

  it('gets an environment of HOME and how Go collects garbage alone, its directory, and no input', async () => {
    process.env['SEALIFT_TEST_SECRET'] = 'hunter2';
    const script = `console.log(JSON.stringify([process.env, process.cwd(), require('node:fs').readFileSync(0, 'utf8')]))`;
    const [environment, workingDirectory, input] = JSON.parse(await outputOf(script)) as [
      object,
      string,
      string,
    ];
    delete process.env['SEALIFT_TEST_SECRET'];
    expect(environment).toEqual({ HOME: join(directory, 'home'), GOGC: '200', GOMEMLIMIT: '429496729' });
    expect(workingDirectory).toBe(directory);
    expect(input).toBe('');
  });

  it('that hangs is killed when its time is over', async () => {
    const started = performance.now();
    const outcome = await run(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`, {
      timeMs: 500,
    });
    expect(outcome).toEqual({ kind: 'too-slow', limitMs: 500 });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('is killed with its group when the build is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = run(`${hangingFamily} setInterval(() => {}, 1000)`, { signal: controller.signal });
    const ended = expect(running).rejects.toBe(reason);
    await until(() => existsSync(join(directory, 'pids')));
    expect(family().every(isAlive)).toBe(true);
    controller.abort(reason);
    await ended;
    await until(() => family().every((pid) => !isAlive(pid)));
  });

  it('that leaves a child behind does not keep the build waiting', async () => {
    const outcome = await run(`${hangingFamily} process.exit(0)`);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
    await until(() => family().every((pid) => !isAlive(pid)));
  });

  it('that prints without end is killed at the limit', async () => {
    const script = `const block = 'x'.repeat(65536); (function more() { process.stdout.write(block, more); })()`;
    const limitBytes = 1_000_000;
    expect(await run(script, { outputBytes: limitBytes })).toEqual({ kind: 'too-much-output', limitBytes });
  });

  it('may print exactly as much as the limit', async () => {
    const script = `process.stdout.write('x'.repeat(100_000))`;
    expect(await run(script, { outputBytes: 100_000 })).toMatchObject({ kind: 'exited', code: 0 });
    expect(await run(script, { outputBytes: 99_999 })).toMatchObject({ kind: 'too-much-output' });
  });

  it('that grows without end is killed at the limit, while its parent stays small', async () => {
    const limitBytes = 200 * 1024 * 1024;
    const script = `const kept = []; setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 20)`;
    const before = process.memoryUsage.rss();
    expect(await run(script, { memoryBytes: limitBytes })).toEqual({ kind: 'too-much-memory', limitBytes });
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('that complains without end is heard for 64 KiB', async () => {
    const outcome = await run(`process.stderr.write('x'.repeat(3_000_000))`);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0, stderr: 'x'.repeat(64 * 1024) });
  });

  it('that is ended by the system is told from one that ends', async () => {
    expect(await run(`process.kill(process.pid, 'SIGKILL')`)).toEqual({
      kind: 'crashed',
      signal: 'SIGKILL',
      stderr: '',
    });
  });

  it('that cannot be started is an error', async () => {
    const exec = createChildProcessExec();
    const request = {
      program: join(directory, 'nowhere'),
      args: [],
      directory,
      home: directory,
    };
    await expect(exec.run(request, new AbortController().signal)).rejects.toThrow('ENOENT');
  });

  it('is not started for a build that was aborted before', async () => {
    const reason = new Error('enough');
    const running = run(`require('node:fs').writeFileSync('started', '')`, {
      signal: AbortSignal.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    expect(existsSync(join(directory, 'started'))).toBe(false);
  });
});
