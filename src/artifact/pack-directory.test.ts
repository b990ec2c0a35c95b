import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { UnpackSandbox } from '../../test/fixtures/unpack-sandbox.ts';
import { packDirectory } from './index.ts';

const { signal } = new AbortController();

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

class Directory implements AsyncDisposable {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  static async with(files: Readonly<Record<string, string>>): Promise<Directory> {
    const root = await mkdtemp(path.join(tmpdir(), 'sealift-pack-'));
    for (const [name, body] of Object.entries(files)) {
      await mkdir(path.join(root, path.dirname(name)), { recursive: true });
      await writeFile(path.join(root, name), body);
    }
    return new Directory(root);
  }

  pack(ignore?: string): Promise<Buffer> {
    const options = ignore === undefined ? { signal } : { signal, ignore };
    return collect(packDirectory(this.root, options));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

interface Header {
  readonly offset: number;
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly size: number;
}

/** The headers of a tar, read naively: its writer is ours. */
function headersOf(tar: Buffer): readonly Header[] {
  const text = (offset: number, length: number): string =>
    tar.toString('utf8', offset, offset + length).split('\0')[0] ?? '';
  const headers: Header[] = [];
  for (let offset = 0; tar[offset] !== 0; ) {
    const size = Number.parseInt(text(offset + 124, 12), 8);
    headers.push({
      offset,
      name: text(offset, 100),
      type: text(offset + 156, 1),
      mode: text(offset + 100, 8),
      size,
    });
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  return headers;
}

describe('packDirectory', () => {
  it.each(['SIGSTORE', 'COSIGN'])('refuses to pack a private signing key (%s)', async (maker) => {
    const key = `-----BEGIN ENCRYPTED ${maker} PRIVATE KEY-----\nabc\n-----END ENCRYPTED ${maker} PRIVATE KEY-----\n`;
    await using directory = await Directory.with({ 'a.yaml': 'a: 1', 'cosign.key': key });
    await expect(directory.pack()).rejects.toMatchObject({ code: 'USAGE', subject: 'cosign.key' });
    expect((await directory.pack('cosign.key')).length).toBeGreaterThan(0);
  });

  it('writes the directory . first, then everything sorted by bytes, each directory before what it holds', async () => {
    await using directory = await Directory.with({
      'b/c': '',
      'b.yaml': '',
      'a/z': '',
      'a/B': '',
      '\u{1F680}': '',
      '\uFF5E': '',
    });
    const tar = gunzipSync(await directory.pack());
    expect(
      headersOf(tar)
        .filter(({ type }) => type !== 'x')
        .map(({ name }) => name),
    ).toEqual(['.', 'a', 'a/B', 'a/z', 'b', 'b/c', 'b.yaml', '_', '__']);
  });

  it('writes neither owners nor times, and modes 0644 and 0755 alone', async () => {
    await using directory = await Directory.with({ plain: 'x', tool: 'x', group: 'x' });
    await chmod(path.join(directory.root, 'plain'), 0o600);
    await chmod(path.join(directory.root, 'tool'), 0o700);
    await chmod(path.join(directory.root, 'group'), 0o654);
    const tar = gunzipSync(await directory.pack());
    expect(headersOf(tar).map(({ name, mode }) => `${name} ${mode}`)).toEqual([
      '. 0000755',
      'group 0000644',
      'plain 0000644',
      'tool 0000755',
    ]);
    for (const { offset } of headersOf(tar)) {
      expect(tar.toString('latin1', offset + 108, offset + 124)).toBe('0000000\0'.repeat(2));
      expect(tar.toString('latin1', offset + 136, offset + 148)).toBe('00000000000\0');
      expect(tar.subarray(offset + 265, offset + 329).every((byte) => byte === 0)).toBe(true);
    }
    expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true);
  });

  it('gives the same bytes for the same files, whenever and wherever they were written', async () => {
    await using one = await Directory.with({ 'b.yaml': 'B', 'a/c.yaml': 'C' });
    await using two = await Directory.with({ 'a/c.yaml': 'C', 'b.yaml': 'B' });
    await utimes(path.join(two.root, 'b.yaml'), 1, 1);
    expect(await one.pack()).toEqual(await two.pack());
  });

  it('has these very bytes for this tree: the format is a promise', async () => {
    await using directory = await Directory.with({ 'a.yaml': 'kind: A\n', 'd/ü.yaml': 'kind: B\n' });
    const layer = await directory.pack();
    // Time 0, slowest level, unknown system: https://www.rfc-editor.org/rfc/rfc1952#section-2.3
    expect(layer.toString('hex', 0, 10)).toBe('1f8b08000000000002ff');
    const digest = createHash('sha256').update(gunzipSync(layer)).digest('hex');
    expect(digest).toBe('4d08a13805afcb257f7a0a7ff65eb2cd7434b08b35bfc358da5edb989f14953e');
  });

  it('leaves links and special files out', async () => {
    await using directory = await Directory.with({ a: 'x' });
    await symlink('a', path.join(directory.root, 'link'));
    await symlink('/', path.join(directory.root, 'root'));
    expect(headersOf(gunzipSync(await directory.pack())).map(({ name }) => name)).toEqual(['.', 'a']);
  });

  it('leaves out version control and media, what .sourceignore files say, then what the caller says', async () => {
    await using directory = await Directory.with({
      '.git/HEAD': '',
      '.gitignore': '',
      'x.png': '',
      'keep.png': '',
      'notes.md': '',
      'b.yaml': '',
      '.github/w.yaml': '',
      '.sourceignore': '*.md\n!keep.png\n',
      'd/.sourceignore': 'secret.yaml\n',
      'd/secret.yaml': '',
      'secret.yaml': '',
    });
    const names = headersOf(gunzipSync(await directory.pack('b.*'))).map(({ name }) => name);
    expect(names).toEqual([
      '.',
      '.github',
      '.github/w.yaml',
      '.sourceignore',
      'd',
      'd/.sourceignore',
      'keep.png',
      'secret.yaml',
    ]);
  });

  it('unpacks to itself, long and foreign names included', async () => {
    const files = {
      [`${'long-directory-name/'.repeat(9)}a.yaml`]: 'A',
      'ünï/日本.yaml': 'B',
      empty: '',
      'big.yaml': 'x'.repeat(700_000),
    };
    await using directory = await Directory.with(files);
    await using sandbox = await UnpackSandbox.open();
    await expect(sandbox.layer(await directory.pack())).resolves.toMatchObject({
      kind: 'accepted',
      files,
      skipped: [],
    });
  });

  it('packs a single file as an archive of that file', async () => {
    await using directory = await Directory.with({ 'a.yaml': 'A' });
    const layer = await collect(packDirectory(path.join(directory.root, 'a.yaml'), { signal }));
    expect(headersOf(gunzipSync(layer)).map(({ name }) => name)).toEqual(['a.yaml']);
  });

  it.each([
    ['a name that Windows reserves', { 'aux.yaml': '' }, 'ARCHIVE_PATH_UNSAFE'],
    ['names that differ by case', { 'a.yaml': '', 'A.yaml': '' }, 'ARCHIVE_DUPLICATE_ENTRY'],
    ['a tree that is too deep', { [`${'d/'.repeat(33)}a`]: '' }, 'ARCHIVE_LIMIT_EXCEEDED'],
  ])('refuses what every site would refuse: %s', async (_what, files, code) => {
    await using directory = await Directory.with(files);
    await expect(directory.pack()).rejects.toMatchObject({ code });
  });

  it('does not take a missing directory for an empty one', async () => {
    await expect(
      collect(packDirectory(path.join(tmpdir(), 'sealift-missing'), { signal })),
    ).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });

  it('stops with the reason of the signal', async () => {
    await using directory = await Directory.with({ a: 'x'.repeat(1_000_000) });
    const controller = new AbortController();
    const reason = new Error('enough');
    const packing = (async () => {
      for await (const _chunk of packDirectory(directory.root, { signal: controller.signal }))
        controller.abort(reason);
    })();
    await expect(packing).rejects.toBe(reason);
  });

  it('lets go when its reader stops early', async () => {
    await using directory = await Directory.with({ a: 'x'.repeat(1_000_000), b: 'y' });
    for await (const chunk of packDirectory(directory.root, { signal })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});
