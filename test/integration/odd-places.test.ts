import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { env, execPath, geteuid, seteuid } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStateStore, readStateStore, readTrustFiles } from '../../src/site/index.ts';
import { type Outcome, runProgram } from '../interop/harness/program.ts';
import { program } from '../setup/program.ts';
import { configMapYaml, type SiteBench, startSiteBench } from './harness/site-bench.ts';

const shippedRoot = fileURLToPath(new URL('../../policies/trust/public-good.json', import.meta.url));

let bench: SiteBench;
let tree: string;

beforeAll(async () => {
  bench = await startSiteBench();
  await bench.configure();
  await bench.push({ 'app.yaml': configMapYaml('app', 'one') }, { by: bench.trusted });
  tree = `${bench.directory}/tree`;
  await mkdir(tree);
});
afterAll(() => bench.close());

function sealift(...args: readonly string[]): Promise<Outcome> {
  return runProgram(execPath, [program, ...args], {
    env: { PATH: env['PATH'] ?? '', HOME: bench.directory, NO_COLOR: '1', COSIGN_PASSWORD: '' },
  });
}

describe('a state directory that is not ours to read', () => {
  const state = (): string => `${bench.directory}/hidden`;

  /** Root may read everything. */
  function asNobody(work: () => unknown): void {
    const isRoot = geteuid?.() === 0;
    if (isRoot) seteuid?.(65_534);
    try {
      expect(work).toThrow(expect.objectContaining({ code: 'DISK_FAILED' }));
    } finally {
      if (isRoot) seteuid?.(0);
    }
  }

  it('is not one without state, nor without trusted roots', async () => {
    await mkdir(`${state()}/trust`, { recursive: true });
    openStateStore(state()).close();
    await chmod(state(), 0);
    asNobody(() => readStateStore(state()));
    asNobody(() => readTrustFiles(`${state()}/trust`, []));
    await chmod(state(), 0o700);
  });
});

describe('a key pair', { timeout: 120_000 }, () => {
  it('is made whole, or not at all', async () => {
    await symlink('nowhere', `${bench.directory}/half.pub`);
    const { code, stderr } = await sealift('keygen', '--output-key-prefix', `${bench.directory}/half`);
    expect(stderr).toContain('half.pub: a file of that name is there already');
    expect(code).toBe(2);
    expect(await readdir(bench.directory)).not.toContain('half.key');
  });
});

describe('what somebody named and is not there', () => {
  const reference = (): string => `oci-layout:${bench.directory}/registry:stable`;
  it.each<[string, () => readonly string[]]>([
    [
      'a configuration',
      () => ['run', '--once', '--config', 'nope', '--state-dir', `${bench.directory}/none`],
    ],
    ['a tree to push', () => ['push', reference(), '--path', 'nope', '--source', 'x', '--revision', 'y']],
    ['a tree to build', () => ['build', 'nope']],
    ['a private key', () => ['sign', reference(), '--key', 'nope']],
    ['a public key', () => ['verify', reference(), '--key', 'nope']],
    ['a policy', () => ['verify', reference(), '--policy', 'nope']],
    ['a trusted root', () => ['trust', 'import', 'nope', '--state-dir', `${bench.directory}/none`]],
    ['a list of users', () => ['serve', `${bench.directory}/registry`, '--user-file', 'nope']],
  ])('is told as that: %s', { timeout: 120_000 }, async (_what, args) => {
    const { code, stderr } = await sealift(...args());
    expect(stderr).toContain(
      'error: nope: expected a file or directory, got nothing\n  code: FILE_NOT_FOUND\n',
    );
    expect(code).toBe(2);
  });
});

describe('a message', { timeout: 120_000 }, () => {
  const at = (name: string): string => `${bench.directory}/${name}`;
  const reference = (): string => `oci-layout:${at('registry')}:stable`;
  const policy = (authority: string): string =>
    `apiVersion: sealift.dev/v1alpha1\nkind: VerificationPolicy\nmetadata: {name: p, namespace: edge}\nspec:\n  match: {repositories: ["**"]}\n  authorities: [${authority}]\n`;

  it.each<[string, string, () => readonly string[]]>([
    [
      'the directory without a configuration',
      'tree: expected a .yaml, .yml or .json file, got none',
      () => ['run', '--once', '--config', tree, '--state-dir', at('none')],
    ],
    [
      'the file of a key',
      'not.key: private key: expected one PEM block and nothing else',
      () => ['sign', reference(), '--key', at('not.key')],
    ],
    [
      'the file of a trusted root',
      'not.key, as trusted root ours: expected JSON',
      () => ['trust', 'import', at('not.key'), '--name', 'ours', '--state-dir', at('none')],
    ],
    [
      'the line of a policy',
      'policy.yaml:6:39: spec.authorities.0.key.data: expected PEM',
      () => ['verify', reference(), '--policy', at('policy.yaml')],
    ],
    [
      'the option that is missing',
      'expected --certificate-oidc-issuer or --certificate-oidc-issuer-regexp, got neither',
      () => ['verify', reference(), '--certificate-identity', 'a@example.com'],
    ],
    [
      'the option that is given twice over',
      'expected --certificate-identity or --certificate-identity-regexp, got both',
      () => [
        ...['verify', reference(), '--certificate-oidc-issuer', 'https://ci.test'],
        ...['--certificate-identity', 'a', '--certificate-identity-regexp', 'a'],
      ],
    ],
    [
      'who holds the port',
      'another program listens there: end it, or choose another port (EADDRINUSE)',
      () => ['serve', at('registry'), '--address', new URL(bench.registry.url).host],
    ],
  ])('names %s', async (_what, text, args) => {
    await writeFile(at('not.key'), 'nonsense\n');
    await writeFile(at('policy.yaml'), policy('{name: k, key: {data: nonsense}}'));
    const { code, stderr } = await sealift(...args());
    expect(stderr).toContain(text);
    expect(code).toBe(2);
  });
});

describe.skipIf(!existsSync('/proc/self'))('a place where nothing can be made', () => {
  const state = (): string => `${bench.directory}/odd-state`;
  it.each<[string, string, string, () => readonly string[]]>([
    [
      'the target',
      'TARGET_FAILED',
      'ConfigMap/shop/app cannot be written in directory /proc/foo (no directory can be made in /proc (ENOENT))',
      () => [
        'run',
        '--once',
        '--config',
        bench.configuration,
        '--state-dir',
        state(),
        '--target',
        'dir:/proc/foo',
      ],
    ],
    [
      'the state directory',
      'DISK_FAILED',
      '/proc/foo/bar: no directory can be made in /proc (ENOENT)',
      () => ['run', '--once', '--config', bench.configuration, '--state-dir', '/proc/foo/bar'],
    ],
    [
      'a layout that is pushed to',
      'DISK_FAILED',
      "oci-layout:/proc/foo:v1: ENOENT: no such file or directory, mkdir '/proc/foo'",
      () => ['push', 'oci-layout:/proc/foo:v1', '--path', tree, '--source', 'x', '--revision', 'y'],
    ],
    [
      'a layout that is served',
      'DISK_FAILED',
      "/proc/foo: ENOENT: no such file or directory, mkdir '/proc/foo'",
      () => ['serve', '/proc/foo'],
    ],
    [
      'a place for trusted roots',
      'DISK_FAILED',
      '/proc/foo/trust: no directory can be made in /proc (ENOENT)',
      () => ['trust', 'import', shippedRoot, '--name', 'a', '--state-dir', '/proc/foo'],
    ],
  ])('is said when it is %s', { timeout: 120_000 }, async (_what, code, text, args) => {
    const outcome = await sealift(...args());
    await rm(state(), { recursive: true, force: true });
    expect(outcome.stderr).toContain(`${text}\n  code: ${code}\n`);
    expect(outcome.code).toBe(1);
  });
});
