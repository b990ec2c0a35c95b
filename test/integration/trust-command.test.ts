import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPrivateSigstore } from '../fixtures/private-sigstore.ts';
import { TufRepository } from '../fixtures/tuf-repository.ts';
import { CommandBench } from './harness/command-bench.ts';

let bench: CommandBench;
/** `trusted_root.json` of two instances: the second is the first with a log more. */
let older: string;
let newer: string;
let state: string;
let count = 0;

beforeAll(async () => {
  bench = await CommandBench.start();
  const [one, two] = await Promise.all([startPrivateSigstore(), startPrivateSigstore()]);
  older = JSON.stringify(one.trustedRoot);
  const { tlogs } = two.trustedRoot as { tlogs: { publicKey: object }[] };
  const later = tlogs.map((log) => ({
    ...log,
    publicKey: { ...log.publicKey, validFor: { start: '2026-01-01T00:00:00Z' } },
  }));
  newer = JSON.stringify({ ...one.trustedRoot, tlogs: later });
  await Promise.all([one.close(), two.close()]);
});
afterAll(() => bench.close());
beforeEach(() => {
  count += 1;
  state = bench.path(`state-${count}`);
});

const trust = (...args: readonly string[]) => bench.run(['trust', ...args, '--state-dir', state]);

interface Shown {
  readonly name: string;
  readonly from: string;
  readonly id: string;
  readonly members: readonly { readonly role: string; readonly url: string }[];
}

async function shown(): Promise<readonly Shown[]> {
  const { stdout } = await trust('show', '-o', 'json');
  return JSON.parse(stdout);
}

describe('sealift trust show', () => {
  it('shows what comes with the program, and whom it trusts', async () => {
    const [root, ...others] = await shown();
    expect(others).toEqual([]);
    expect(root).toMatchObject({ name: 'public-good', from: 'program' });
    expect(new Set(root?.members.map(({ role }) => role))).toEqual(
      new Set(['log', 'certificate-log', 'certificate-authority', 'timestamp-authority']),
    );
    const { stdout } = await trust('show', 'public-good');
    expect(stdout).toMatch(/^public-good +log +\S+Z +https:\/\/rekor\.sigstore\.dev$/m);
  });

  it('knows no other name', async () => {
    const { code, stderr } = await trust('show', 'nobody');
    expect(stderr).toContain('code: OBJECT_NOT_FOUND\n');
    expect(code).toBe(2);
  });
});

describe('sealift trust import', () => {
  it('stores a root under a name, and the one of the program under its own', async () => {
    const file = await bench.write('root.json', older);
    expect((await trust('import', file, '--name', 'mine')).stdout).toMatch(
      /^trusted root mine is now sha256:[0-9a-f]{64}, was none\n$/,
    );
    expect((await trust('import', file, '--name', 'mine')).stdout).toMatch(/, as before\n$/);
    const publicGood = new URL('../../policies/trust/public-good.json', import.meta.url);
    const copy = await bench.write('public-good.json', await readFile(publicGood));
    await trust('import', copy);
    expect((await shown()).map(({ name, from }) => [name, from])).toEqual([
      ['mine', 'site'],
      ['public-good', 'site'],
    ]);
  });

  it('attack 37: takes no older root than the one in force, unless told to', async () => {
    const [old, next] = [await bench.write('older.json', older), await bench.write('newer.json', newer)];
    await trust('import', next, '--name', 'mine');
    const refused = await trust('import', old, '--name', 'mine');
    expect(refused.stderr).toContain('code: TRUST_INVALID\n');
    expect(refused.code).toBe(2);
    const [before] = (await shown()).filter(({ name }) => name === 'mine');
    await trust('import', old, '--name', 'mine', '--allow-older');
    const [after] = (await shown()).filter(({ name }) => name === 'mine');
    expect(after?.id).not.toBe(before?.id);
  });

  it.each([
    ['what is no trusted root', '{"mediaType":"application/json"}', 'mine', 'TRUST_INVALID'],
    ['what is no JSON', 'trust me', 'mine', 'TRUST_INVALID'],
    ['a name that is a path', '{}', '../mine', 'USAGE'],
  ])('refuses %s', async (_what, content, name, code) => {
    const outcome = await trust('import', await bench.write('bad.json', content), '--name', name);
    expect(outcome.stderr).toContain(`code: ${code}\n`);
    expect(outcome.code).toBe(2);
    expect((await shown()).map((root) => root.name)).toEqual(['public-good']);
  });
});

describe('sealift trust update', () => {
  let repository: TufRepository;
  let first: string;
  beforeEach(async () => {
    repository = await TufRepository.start({ version: 1, target: older });
    first = await bench.write('root.tuf.json', repository.root);
  });
  afterEach(() => repository.close());

  const update = (...more: readonly string[]) =>
    trust('update', '--mirror', repository.url, '--name', 'mine', ...more);
  const ids = async () => (await shown()).filter(({ name }) => name === 'mine').map(({ id }) => id);

  it('fetches what the repository publishes, beginning with a root that was brought', async () => {
    const begun = await update('--root', first);
    expect(begun.stderr).toBe('');
    expect(begun.stdout).toMatch(/^trusted root mine is now sha256:[0-9a-f]{64}, was none\n$/);
    repository.publish({ version: 2, target: newer });
    expect((await update()).stdout).toMatch(/ is now sha256:[0-9a-f]{64}, was sha256:/);
    expect((await update()).stdout).toMatch(/, as before\n$/);
  });

  it.each([
    ['a repository that goes back', () => ({ version: 1, target: older })],
    ['metadata by another key', () => ({ version: 3, target: older, by: 'nobody' as const })],
    ['metadata that has expired', () => ({ version: 3, target: older, validFor: -1 })],
  ])('refuses %s, and keeps the root in force', async (_what, next) => {
    await update('--root', first);
    repository.publish({ version: 2, target: newer });
    await update();
    const before = await ids();
    repository.publish(next());
    const { code, stderr } = await update();
    expect(stderr).toContain('code: TRUST_UPDATE_FAILED\n');
    expect(code).toBe(1);
    expect(await ids()).toEqual(before);
  });

  it('refuses a target that is no trusted root', async () => {
    repository.publish({ version: 2, target: '{"mediaType":"application/json"}' });
    const { code, stderr } = await update('--root', first);
    expect(stderr).toContain('code: TRUST_INVALID\n');
    expect(code).toBe(2);
    expect(await ids()).toEqual([]);
  });

  it.each([
    [
      'a mirror without its first root',
      () => ['--mirror', repository.url, '--name', 'mine'],
      'TRUST_UPDATE_FAILED',
      1,
    ],
    ['a mirror without a name for what it gives', () => ['--mirror', repository.url], 'USAGE', 2],
    [
      'a mirror that is away',
      () => ['--mirror', 'http://127.0.0.1:9', '--name', 'mine', '--root', first],
      'TRUST_UPDATE_FAILED',
      1,
    ],
  ])('refuses %s', async (_what, options, failure, exit) => {
    const { code, stderr } = await trust('update', ...options());
    expect(stderr).toContain(`code: ${failure}\n`);
    expect(code).toBe(exit);
  });
});
