import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packDirectory } from '../../src/artifact/index.ts';
import { paxEntry, type TarFields, tarEntry, tarOf } from '../fixtures/tar-builder.ts';
import { UnpackSandbox } from '../fixtures/unpack-sandbox.ts';

type Files = Readonly<Record<string, string>>;

const component = fc
  .string({
    unit: fc.constantFrom('a', 'b', '-', '_', '.', 'é', '日', ' ', '1'),
    minLength: 1,
    maxLength: 40,
  })
  .map((text) => `n${text}e`);
const filePath = fc
  .array(component, { minLength: 1, maxLength: 6 })
  .map((components) => components.join('/'));
const body = fc.oneof(fc.string(), fc.string({ minLength: 500, maxLength: 1600 }));
const fileList = fc.array(fc.tuple(filePath, body), { maxLength: 12 });

/** The files that can stand beside each other: no path twice, none below another. */
function compatible(list: readonly (readonly [string, string])[]): Files {
  const files: Record<string, string> = {};
  const taken = new Set<string>();
  for (const [name, content] of list) {
    const folded = name.normalize('NFKC').toLowerCase();
    const parents = folded.split('/').map((_, index, all) => all.slice(0, index).join('/'));
    const clash = [...taken].some(
      (other) => other === folded || other.startsWith(`${folded}/`) || parents.includes(other),
    );
    if (clash) continue;
    taken.add(folded);
    files[name] = content;
  }
  return files;
}

async function pack(files: Files): Promise<Buffer> {
  const root = await mkdtemp(path.join(tmpdir(), 'sealift-pack-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.join(root, path.dirname(name)), { recursive: true });
      await writeFile(path.join(root, name), content);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of packDirectory(root, { signal: new AbortController().signal }))
      chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await rm(root, { recursive: true });
  }
}

const good: readonly (Buffer | TarFields)[] = [
  { name: '.', type: '5' },
  { name: 'apps', type: '5' },
  { name: 'apps/a.yaml', body: 'kind: A\n'.repeat(90) },
  paxEntry({ path: 'apps/ü.yaml', mtime: '1.5' }),
  { name: 'apps/u.yaml', body: 'kind: B\n' },
  { name: '././@LongLink', type: 'L', body: `${'long/'.repeat(25)}c\0`, magic: 'ustar  \0' },
  { name: 'long', body: 'kind: C\n', magic: 'ustar  \0' },
  { name: 'link', type: '2', linkname: '/etc/passwd' },
  { name: 'hard', type: '1', linkname: 'apps/a.yaml' },
];

/** Rights every header, so that a flipped byte reaches what lies behind the checksum. */
function withChecksums(tar: Buffer): Buffer {
  const mended = Buffer.from(tar);
  for (let offset = 0; offset + 512 <= mended.length; offset += 512) {
    const block = mended.subarray(offset, offset + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(' ', 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return mended;
}

function flipped(bytes: Buffer, flips: readonly (readonly [number, number])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [position, value] of flips) copy[Math.floor(position * copy.length)] = value;
  return copy;
}

const flips = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255)), {
  minLength: 1,
  maxLength: 4,
});

/** Refused with a code of the archive; anything else, such as INTERNAL, is a defect. The sandbox looks at the rest. */
const coded = expect.stringMatching(/^(ARCHIVE_|LAYER_UNSUPPORTED$)/);

describe('unpack, for any input', () => {
  it('every tree that can be packed unpacks to itself', async () => {
    await using sandbox = await UnpackSandbox.open();
    await fc.assert(
      fc.asyncProperty(fileList, fc.integer({ min: 1, max: 700 }), async (list, chunkSize) => {
        const files = compatible(list);
        const outcome = await sandbox.layer(await pack(files), { chunkSize });
        expect(outcome).toMatchObject({ kind: 'accepted', files, skipped: [] });
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('flipped bytes of a good tar give a tree or a coded error, and touch nothing else', async () => {
    await using sandbox = await UnpackSandbox.open();
    const tar = tarOf(...good);
    await expect(sandbox.tar(tar)).resolves.toMatchObject({ kind: 'accepted' });
    await fc.assert(
      fc.asyncProperty(
        flips,
        fc.boolean(),
        fc.integer({ min: 1, max: 2000 }),
        async (changes, mend, chunkSize) => {
          const changed = flipped(tar, changes);
          const outcome = await sandbox.tar(mend ? withChecksums(changed) : changed, { chunkSize });
          if (outcome.kind === 'refused') expect(outcome.code).toEqual(coded);
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('flipped bytes of a good gzip stream give the same tree or a coded error', async () => {
    await using sandbox = await UnpackSandbox.open();
    const layer = gzipSync(tarOf(...good));
    const whole = await sandbox.layer(layer);
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const outcome = await sandbox.layer(flipped(layer, changes));
        if (outcome.kind === 'refused') expect(outcome.code).toEqual(coded);
        else expect(outcome).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('a good tar cut anywhere but at its end is refused', async () => {
    await using sandbox = await UnpackSandbox.open();
    const tar = tarOf(...good);
    await fc.assert(
      fc.asyncProperty(fc.nat(tar.length - 1), async (length) => {
        await expect(sandbox.tar(tar.subarray(0, length))).resolves.toMatchObject({
          kind: 'refused',
          code: coded,
        });
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('headers put together at random give a tree or a coded error', async () => {
    await using sandbox = await UnpackSandbox.open();
    const name = fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.constantFrom('a', 'a/', 'a/b', './a', '.', '..', '/a', 'A', 'a/../b', ''),
    );
    const fields = fc.record({
      name,
      type: fc.constantFrom('0', '5', '1', '2', 'x', 'g', 'L', 'K', '\0', '3', 'S'),
      body: fc.oneof(
        fc.constant(''),
        fc.string({ maxLength: 600 }),
        fc.constantFrom('9 path=b\n', '10 size=1\n', '8 size=0\n', 'b\0', '../b\0'),
      ),
      prefix: fc.oneof(fc.constant(''), fc.string({ maxLength: 20 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { maxLength: 6 }), async (entries) => {
        const tar = tarOf(...entries.map((entry) => tarEntry(entry)));
        const outcome = await sandbox.tar(tar, { chunkSize: 500 });
        if (outcome.kind === 'refused') expect(outcome.code).toEqual(coded);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
