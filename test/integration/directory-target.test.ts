import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, geteuid, getuid, seteuid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inventoryId } from '../../src/api/index.ts';
import { type ObjectRef, refOf } from '../../src/core/index.ts';
import { fileNameOf } from '../../src/target/directory/file-name.ts';
import { createDirectoryTarget } from '../../src/target/index.ts';
import { type DirectoryUnderTest, openDirectory } from '../contract/directory-under-test.ts';
import { configMap } from '../fixtures/objects.ts';
import { buildOf, deliver, isWhole, owner, readInventory } from './target/versions.ts';

const { signal: idle } = new AbortController();
const keep = { recreate: false };
const one = configMap('one', { owner });
const oneRef = refOf(one);

let under: DirectoryUnderTest;
let inventoryFile: string;
beforeEach(async () => {
  under = await openDirectory();
  await mkdir(under.directory, { recursive: true });
  inventoryFile = join(under.directory, '..', 'inventory.json');
  await writeFile(inventoryFile, '[]');
});
afterEach(() => under.close());

/** Starts a process that delivers, and kills it after so many milliseconds. */
async function deliverAndDie(version: number, after: number): Promise<void> {
  const script = join(import.meta.dirname, 'target', 'deliver-for-ever.ts');
  const child = spawn(execPath, [script, under.directory, inventoryFile, `${version}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    const deadline = performance.now() + after;
    while (performance.now() < deadline) await expectWholeFiles();
  } finally {
    child.kill('SIGKILL');
  }
  expect((await exited)[1]).toBe('SIGKILL');
  await expectWholeFiles();
}

/** Every file of ours, read while it may be replaced or removed. */
async function expectWholeFiles(): Promise<void> {
  const files = (await readdir(under.directory)).filter((name) => name.startsWith('shop_o'));
  for (const file of files) {
    const text = await readFile(join(under.directory, file), 'utf8').catch(() => undefined);
    expect([file, text === undefined || text === 'foreign' || isWhole(text)]).toEqual([file, true]);
  }
}

describe('a directory target whose process is killed', () => {
  it('holds whole files only, and the next run leaves exactly what is asked for', {
    timeout: 120_000,
  }, async () => {
    await writeFile(join(under.directory, 'notes.yaml'), 'foreign');
    await under.edit(refOf(configMap('o7')), 'foreign');
    for (let round = 0; round < 20; round += 1) {
      await deliverAndDie(round * 3, Math.random() * 80);
    }
    const target = createDirectoryTarget({ directory: under.directory });
    const build = buildOf(8);
    await deliver(target, inventoryFile, build);
    const files = build.map((object) => fileNameOf(refOf(object)));
    expect((await readdir(under.directory)).sort()).toEqual(
      [...files, 'notes.yaml', fileNameOf(refOf(configMap('o7')))].sort(),
    );
    expect((await readInventory(inventoryFile)).map(({ id }) => id)).toEqual(
      build.map((object) => inventoryId(refOf(object))),
    );
    expect(await under.text(refOf(configMap('o7')))).toBe('foreign');
    expect(await deliver(target, inventoryFile, build)).toMatchObject({ applied: 6, changed: 0 });
  });
});

describe('drift in a directory target', () => {
  const path = (): string => under.fileOf(oneRef);
  const drifts: [string, () => Promise<unknown>, 'repaired' | 'refused'][] = [
    ['an edit', () => writeFile(path(), 'hacked: true\n'), 'repaired'],
    [
      'an edit that keeps the labels',
      async () => writeFile(path(), `${await readFile(path(), 'utf8')}x: 1\n`),
      'repaired',
    ],
    ['a deletion', () => unlink(path()), 'repaired'],
    ['an emptied file', () => writeFile(path(), ''), 'repaired'],
    ['a directory instead', () => rm(path()).then(() => mkdir(path())), 'refused'],
    ['a link instead', () => rm(path()).then(() => symlink('/etc/hostname', path())), 'refused'],
    ['a named pipe instead', () => rm(path()).then(() => execFileSync('mkfifo', [path()])), 'refused'],
  ];

  it.each(drifts)(
    'is seen in well under a second, then repaired or refused: %s',
    async (_what, drift, end) => {
      await deliver(under.target, inventoryFile, [configMap('one')]);
      const told: (ObjectRef | undefined)[] = [];
      const stop = new AbortController();
      const watching = under.target.watch((ref) => told.push(ref), stop.signal);
      await expect.poll(() => told, { interval: 5 }).toEqual([undefined]);
      await drift();
      await expect.poll(() => told, { timeout: 500, interval: 5 }).toContainEqual(oneRef);
      stop.abort();
      await watching;
      const run = deliver(under.target, inventoryFile, [configMap('one')]);
      if (end === 'refused') await expect(run).rejects.toMatchObject({ code: 'TARGET_CONFLICT' });
      else expect(await run).toMatchObject({ applied: 1, changed: 1 });
      const seen = await under.target.observe(oneRef, one, idle);
      expect(seen).toMatchObject(end === 'refused' ? { kind: 'blocked' } : { matches: true });
    },
  );

  it('of the whole directory is repaired', async () => {
    await deliver(under.target, inventoryFile, [configMap('one')]);
    await rm(under.directory, { recursive: true });
    expect(await deliver(under.target, inventoryFile, [configMap('one')])).toMatchObject({ changed: 1 });
  });
});

describe('a directory that may not be written', () => {
  beforeEach(async () => {
    await under.target.write(one, keep, idle);
    await chmod(join(under.directory, '..', '..'), 0o755);
    await chmod(under.directory, 0o555);
    // root may write anywhere.
    if (geteuid?.() === 0) seteuid?.(65_534);
  });
  afterEach(async () => {
    if (getuid?.() === 0) seteuid?.(0);
    await chmod(under.directory, 0o755);
  });

  it('fails every write and removal, with the cause, and leaves no temporary file', async () => {
    const failure = { code: 'TARGET_FAILED', origin: 'target', cause: { code: 'EACCES' } };
    await expect(under.target.write(configMap('two'), keep, idle)).rejects.toMatchObject({
      ...failure,
      message: `ConfigMap/shop/two: cannot be written in directory ${under.directory} (EACCES)`,
    });
    await expect(under.target.remove(oneRef, idle)).rejects.toMatchObject(failure);
    expect(await readdir(under.directory)).toEqual([fileNameOf(refOf(configMap('one')))]);
  });

  it('is not taken for empty when its files may not be read either', async () => {
    const failure = { code: 'TARGET_FAILED', cause: { code: 'EACCES' } };
    await expect(under.target.observe(oneRef, one, idle)).rejects.toMatchObject(failure);
  });
});
