import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  openLayout,
  RemoteRepository,
  sha256,
  staticCredential,
  Transport,
  type TransportOptions,
} from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, hasOpenssl } from '../fixtures/certificates.ts';
import { program } from '../setup/program.ts';

let directory: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealift-serve-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, 'serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  return line;
}

async function endOf(child: ChildProcess): Promise<{ readonly code: unknown; readonly text: string }> {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, text };
}

const index = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const descriptor = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  digest: sha256(index),
  size: index.byteLength,
};

async function push(url: string, options: TransportOptions = {}): Promise<void> {
  await using transport = {
    value: new Transport(options),
    [Symbol.asyncDispose]: () => transport.value.close(),
  };
  const store = new RemoteRepository({
    host: new URL(url).host,
    repository: 'a/b',
    transport: transport.value,
  });
  await store.push(descriptor, index);
  await store.tag(descriptor, 'v1');
}

describe('sealift serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves a new directory until %s, and leaves a whole layout',
    async (signal) => {
      const child = start(join(directory, 'layout'), '--address', '127.0.0.1:0');
      const url = await urlOf(child);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      await push(url);
      child.kill(signal);
      expect(await endOf(child)).toEqual({ code: 0, text: '' });
      const layout = await openLayout(join(directory, 'layout'), { missing: 'refuse' });
      expect(await layout.repository('a/b').resolve('v1')).toMatchObject({ kind: 'resolved' });
    },
  );

  it('serves a layout that is given as a reference', async () => {
    const url = await urlOf(start(`oci:${join(directory, 'layout')}`, '--address', '127.0.0.1:0'));
    await push(url);
    expect(await readdir(directory)).toEqual(['layout']);
  });

  it.each(['oci-archive:a.tar', 'oci://reg.example/app', 'oci-layout:layout:v1'])(
    'does not serve %s',
    async (reference) => {
      const { code, text } = await endOf(start(reference, '--address', '127.0.0.1:0'));
      expect([code, text]).toEqual([2, expect.stringContaining('expected the directory of an image layout')]);
    },
  );

  it('changes nothing with --read-only', async () => {
    await openLayout(join(directory, 'layout'));
    const url = await urlOf(start(join(directory, 'layout'), '--address', '127.0.0.1:0', '--read-only'));
    await expect(push(url)).rejects.toMatchObject({ details: { status: 405 } });
  });

  it('makes no layout with --read-only', async () => {
    const { code } = await endOf(start(join(directory, 'layout'), '--read-only'));
    expect(code).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('tells the operator what failed, and the client only that something did', async () => {
    const child = start(join(directory, 'layout'), '--address', '127.0.0.1:0');
    const ended = endOf(child);
    const url = await urlOf(child);
    await push(url);
    await writeFile(join(directory, 'layout', 'blobs', ...descriptor.digest.split(':')), 'rotten');
    const answer = await fetch(`${url}/v2/a/b/manifests/v1`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining(directory)]);
    child.kill('SIGTERM');
    expect((await ended).text).toMatch(/^GET \/v2\/a\/b\/manifests\/v1 500: sha256:\w{64}: expected/);
  });

  it('says that anybody who reaches it may write, away from loopback', async () => {
    const child = start(join(directory, 'layout'), '--address', '0.0.0.0:0');
    const ended = endOf(child);
    await urlOf(child);
    child.kill('SIGTERM');
    expect((await ended).text).toMatch(/^warning: whoever reaches 0\.0\.0\.0:0 may read and write/);
  });

  it.each(['5000', 'localhost', '::1:5000', '127.0.0.1:70000', '127.0.0.1:'])(
    'takes %s for no address',
    async (address) => {
      const { code, text } = await endOf(start(join(directory, 'layout'), '--address', address));
      expect([code, text]).toEqual([2, expect.stringContaining('expected HOST:PORT')]);
    },
  );

  it('says that an address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, text } = await endOf(start(join(directory, 'layout'), '--address', `127.0.0.1:${port}`));
    other.close();
    expect([code, text]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
  });
});

describe('sealift serve with users', () => {
  const users = '# publisher\nci:s3cret:with colon\n\nsite:other\r\n';
  const listen = ['--address', '127.0.0.1:0'];
  const withUsers = async (text: string, ...args: readonly string[]): Promise<ChildProcess> => {
    const file = join(directory, 'users');
    await writeFile(file, text);
    return start(join(directory, 'layout'), ...listen, '--user-file', file, ...args);
  };
  const get = async (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/v2/a/b/manifests/v1`, { headers });

  it.each([
    ['basic', []],
    ['token', ['--token-auth']],
  ])('lets in who is listed, by %s authentication', async (scheme, args) => {
    const url = await urlOf(await withUsers(users, ...args));
    const { host } = new URL(url);
    const credentials = (username: string, password: string): TransportOptions => ({
      credentials: [staticCredential(host, { kind: 'basic', username, password })],
    });
    await push(url, credentials('ci', 's3cret:with colon'));
    await push(url, credentials('site', 'other'));
    await expect(push(url, credentials('site', 'wrong'))).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(push(url)).rejects.toMatchObject({ code: 'unauthorized' });
    const challenge = (await get(url)).headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(scheme === 'basic' ? /^Basic / : /^Bearer /);
    const password = Buffer.from('ci:s3cret:with colon').toString('base64');
    const { status } = await get(url, { authorization: `Basic ${password}` });
    expect(status).toBe(scheme === 'basic' ? 200 : 401);
  });

  it('lets everybody read, and nobody else write, with --anonymous-pull', async () => {
    const url = await urlOf(await withUsers(users, '--anonymous-pull'));
    await expect(push(url)).rejects.toMatchObject({ code: 'unauthorized' });
    expect((await get(url)).status).toBe(404);
  });

  it.each([
    ['a missing file', undefined, 'expected a file or directory, got nothing'],
    ['a file without users', '# nobody\n', 'expected at least one NAME:PASSWORD'],
    ['a line without password', 'ok:ok\nhunter2\n', 'users:2: expected NAME:PASSWORD'],
    ['an empty password', 'hunter2:\n', 'users:1: expected NAME:PASSWORD'],
    ['an empty name', ':hunter2\n', 'users:1: expected NAME:PASSWORD'],
    ['a hash', 'ci:$2y$05$hunter2\n', 'users:1: expected the password itself, got a hash of one'],
    ['a user twice', 'ci:hunter2\nci:hunter2\n', 'users:2: expected a user only once'],
    ['a file that is too large', `ci:${'hunter2'.repeat(50_000)}`, 'expected a file of at most 262144 bytes'],
  ])('does not start with %s, and shows nothing of it', async (_what, text, message) => {
    const missing = () =>
      start(join(directory, 'layout'), ...listen, '--user-file', join(directory, 'users'));
    const { code, text: told } = await endOf(text === undefined ? missing() : await withUsers(text));
    expect([code, told]).toEqual([2, expect.stringContaining(message)]);
    expect(told).not.toContain('hunter2');
  });

  it.each(['--token-auth', '--anonymous-pull'])('does not start with %s and no users', async (flag) => {
    const { code, text } = await endOf(start(join(directory, 'layout'), ...listen, flag));
    expect([code, text]).toEqual([2, expect.stringContaining(`${flag}: expected --user-file, too`)]);
  });

  it('says that passwords cross the network as they are, away from loopback', async () => {
    await writeFile(join(directory, 'users'), users);
    const args = ['--address', '0.0.0.0:0', '--user-file', join(directory, 'users')];
    const child = start(join(directory, 'layout'), ...args);
    const ended = endOf(child);
    await urlOf(child);
    child.kill('SIGTERM');
    expect((await ended).text).toMatch(/^warning: passwords of 0\.0\.0\.0:0 cross the network as they are/);
  });

  it.skipIf(!hasOpenssl)('speaks HTTPS with a certificate and its key', async () => {
    const authority = await createAuthority(directory, 'authority');
    const { cert, key } = await authority.issue('127.0.0.1');
    await writeFile(join(directory, 'cert.pem'), cert);
    await writeFile(join(directory, 'key.pem'), key);
    const tls = ['--tls-cert', join(directory, 'cert.pem'), '--tls-key', join(directory, 'key.pem')];
    const url = await urlOf(await withUsers(users, ...tls));
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const credentials = [
      staticCredential(new URL(url).host, { kind: 'basic', username: 'site', password: 'other' }),
    ];
    await push(url, { credentials, plainHttp: false, tls: { ca: authority.cert } });
    await expect(push(url, { credentials, plainHttp: false })).rejects.toMatchObject({ code: 'tls' });
  });

  it('does not start with a key that does not fit, or alone', async () => {
    const file = join(directory, 'cert.pem');
    await writeFile(file, await readFile(program, 'utf8'));
    const both = await endOf(
      start(join(directory, 'layout'), ...listen, '--tls-cert', file, '--tls-key', file),
    );
    expect([both.code, both.text]).toEqual([2, expect.stringContaining('and its private key in PEM')]);
    const one = await endOf(start(join(directory, 'layout'), ...listen, '--tls-cert', file));
    expect([one.code, one.text]).toEqual([
      2,
      expect.stringContaining('expected --tls-cert and --tls-key together'),
    ]);
  });
});
