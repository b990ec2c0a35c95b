import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { copy, type Descriptor, openLayout } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfiguration } from '../../cmd/sealift/run-agent.ts';
import { Engine } from '../../src/agent/index.ts';
import type { Floor } from '../../src/api/index.ts';
import { openFloors } from '../../src/site/index.ts';
import { type Outcome, runProgram } from '../interop/harness/program.ts';
import { program } from '../setup/program.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;
let six: Descriptor;
let seven: Descriptor;

beforeEach(async () => {
  bench = await startSiteBench();
  await bench.configure({}, { freshness: { order: 'sequence' } });
  six = await release(6);
  await bench.run();
  seven = await release(7);
  await bench.run();
});

afterEach(() => bench.close());

function release(number: number): Promise<Descriptor> {
  return bench.push(
    { 'app.yaml': configMapYaml('app', `release-${number}`) },
    { by: bench.trusted, annotations: { 'dev.sealift.sequence': String(number) } },
  );
}

function sealift(...args: readonly string[]): Promise<Outcome> {
  return runProgram(execPath, [program, ...args, '--state-dir', bench.state], {
    env: { PATH: env['PATH'] ?? '', HOME: bench.directory, NO_COLOR: '1' },
  });
}

async function shown(): Promise<Floor> {
  const { stdout } = await sealift('floor', 'show', '-o', 'json');
  return JSON.parse(stdout)[0];
}

async function delivered(): Promise<string | undefined> {
  return (await bench.delivered())[deliveredFile('app')];
}

describe('sealift floor', () => {
  it('shows how far each source has come', async () => {
    const { stdout } = await sealift('floor', 'show');
    expect(stdout).toContain(`sequence 7 (${seven.digest})`);
    expect(stdout).toContain('edge/app');
    expect(await shown()).toMatchObject({
      at: expect.stringMatching(/^20\S+Z$/),
      value: 7,
      superseded: [{ value: 6, digest: six.digest }],
    });
  });

  it('lower lets a running agent go back, and is recorded', async () => {
    const agent = await bench.compose();
    const stop = new AbortController();
    const done = new Engine(agent.parts, await loadConfiguration(bench.configuration)).run(stop.signal);
    try {
      await bench.store.tag(six, 'stable');
      await vi.waitFor(() => expect(bench.events.some(({ kind }) => kind === 'failed')).toBe(true), 20_000);
      expect(await delivered()).toContain('release-7');
      expect(await sealift('floor', 'lower', 'app', '--to', '6')).toMatchObject({ code: 0 });
      await vi.waitFor(async () => expect(await delivered()).toContain('release-6'), 30_000);
    } finally {
      stop.abort();
      await done;
      await agent.close();
    }
    const { stdout } = await sealift('events');
    expect(stdout).toContain('floor moved by an operator: from sequence 7');
    expect(await shown()).toMatchObject({ value: 6, digest: six.digest, epoch: 1 });
  }, 60_000);

  it('lower takes the digest of an earlier floor', async () => {
    expect(await sealift('floor', 'lower', 'edge/app', '--to', six.digest)).toMatchObject({ code: 0 });
    await bench.store.tag(six, 'stable');
    expect((await bench.run()).failures).toEqual([]);
    expect(await delivered()).toContain('release-6');
  });

  it('raise keeps out what is below', async () => {
    expect(await sealift('floor', 'raise', 'app', '--to', '100')).toMatchObject({ code: 0 });
    await release(8);
    const { failures } = await bench.run();
    expect(failures.map(({ error }) => error.code)).toEqual(['REVISION_ROLLBACK']);
  });

  it('forget lets the next artifact set a new floor', async () => {
    await sealift('floor', 'forget', 'app');
    await bench.store.tag(six, 'stable');
    await bench.run();
    expect(await shown()).toMatchObject({ value: 6, epoch: 0 });
  });

  describe('of a source that names another repository now', () => {
    const host = (): string => new URL(bench.registry.url).host;
    const [old, other] = [(): string => `${host()}/app`, (): string => `${host()}/other`];

    beforeEach(async () => {
      const layout = await openLayout(join(bench.directory, 'registry'));
      await copy(bench.store, layout.repository('other'), 'stable', { referrers: true });
      await bench.configure({ url: `oci://${other()}` }, { freshness: { order: 'sequence' } });
      expect((await bench.run()).failures).toEqual([]);
    });

    it('moves the floor of that one', async () => {
      const { stdout } = await sealift('floor', 'lower', 'app', '--to', '6');
      expect(stdout).toContain(`floor of ${other()}: was sequence 7`);
    });

    it.each([
      ['as it is shown', (): string => old()],
      ['as a URL', (): string => `oci://${old()}`],
    ])('moves that of the repository that is named %s', async (_form, named) => {
      const { stdout } = await sealift('floor', 'forget', 'app', '--repository', named());
      expect(stdout).toContain(`floor of ${old()}: was sequence 7`);
    });

    it('names the choices where it is not known which one is meant', async () => {
      await bench.configure(
        { url: `oci://${old()}`, ref: { tag: 'none' } },
        { freshness: { order: 'sequence' } },
      );
      await bench.run();
      const { code, stderr } = await sealift('floor', 'lower', 'app', '--to', '6');
      expect(code).toBe(2);
      const choices = [old(), other()].map((name) => `sequence 7 (${seven.digest}) of edge/app in ${name}`);
      expect(stderr).toContain(`expected one floor, got ${choices.join('; ')}: name it`);
    });

    it('knows no floor of a repository that has none', async () => {
      const { stderr } = await sealift('floor', 'forget', 'app', '--repository', 'nowhere.test/app');
      expect(stderr).toContain('code: OBJECT_NOT_FOUND');
    });
  });

  it('refuses what is no place in that direction, and whoever has no floor; nothing has moved', async () => {
    const refused = [
      ['lower', 'app', '--to', '8'],
      ['lower', 'nobody', '--to', '6'],
      ['lower', 'app'],
    ];
    const outcomes = await Promise.all(refused.map((args) => sealift('floor', ...args)));
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(await shown()).toMatchObject({ value: 7, epoch: 0 });
  });

  it('status tells of a clock that cannot be right, until reset-time forgets how late it is', async () => {
    const store = openFloors(bench.state);
    const bound = Date.now() + 24 * 60 * 60_000;
    store.time.save({ bound, wall: bound, machine: 0, steadyMs: 0 });
    store.close();
    expect((await sealift('status')).stderr).toContain('warning: the clock says');
    expect((await sealift('floor', 'reset-time')).stdout).toContain('by order of an operator');
    expect((await sealift('events')).stdout).toContain('by order of an operator');
    expect((await sealift('status')).stderr).toBe('');
  });
});
