import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { paxEntry, tarEntry, tarOf, zeroBlock } from '../../test/fixtures/tar-builder.ts';
import { type UnpackOutcome, UnpackSandbox } from '../../test/fixtures/unpack-sandbox.ts';

/** Inputs on which tar readers disagree, with the one answer there may be. */
type Trap = readonly [input: string, tar: Buffer, outcome: Readonly<Record<string, unknown>>];

const refused = (code: string): Readonly<Record<string, unknown>> => ({ kind: 'refused', code });
const accepted = (
  files: Readonly<Record<string, string>>,
  rest: Partial<Extract<UnpackOutcome, { kind: 'accepted' }>> = {},
): Readonly<Record<string, unknown>> => ({ kind: 'accepted', files, ...rest });

const a = { name: 'a', body: 'A' };
const bigSize = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
const negativeSize = Buffer.alloc(12, 0xff);
const rawPax = (body: string | Buffer): Buffer => tarEntry({ name: 'x', type: 'x', body });

const traps: readonly Trap[] = [
  ['../x as a name', tarOf({ name: '../x' }), refused('ARCHIVE_PATH_UNSAFE')],
  ['/abs as a name', tarOf({ name: '/abs' }), refused('ARCHIVE_PATH_UNSAFE')],
  ['..\\x as a name', tarOf({ name: '..\\x' }), refused('ARCHIVE_PATH_UNSAFE')],
  ['../.. as ustar prefix', tarOf({ name: 'x', prefix: '../..' }), refused('ARCHIVE_PATH_UNSAFE')],
  ['../ in PAX', tarOf(paxEntry({ path: '../x' }), a), refused('ARCHIVE_PATH_UNSAFE')],
  [
    '../ in a GNU long name',
    tarOf({ name: 'L', type: 'L', body: '../x\0' }, a),
    refused('ARCHIVE_PATH_UNSAFE'),
  ],
  [
    'a symbolic link, then a file through it',
    tarOf({ name: 'l', type: '2', linkname: '/tmp' }, { name: 'l/x', body: 'x' }),
    refused('ARCHIVE_DUPLICATE_ENTRY'),
  ],
  [
    'a symbolic link alone',
    tarOf({ name: 'l', type: '2', linkname: '/etc/passwd' }, a),
    accepted({ a: 'A' }, { skipped: ['l'] }),
  ],
  [
    'a hard link outside',
    tarOf({ name: 'h', type: '1', linkname: '../../etc/passwd' }, a),
    accepted({ a: 'A' }, { skipped: ['h'] }),
  ],
  [
    'a hard link to a symbolic link',
    tarOf({ name: 'l', type: '2', linkname: '/etc' }, { name: 'h', type: '1', linkname: 'l' }),
    accepted({}, { skipped: ['l', 'h'] }),
  ],
  ['a character device', tarOf({ name: 'c', type: '3' }), refused('ARCHIVE_ENTRY_REFUSED')],
  ['a FIFO', tarOf({ name: 'f', type: '6' }), refused('ARCHIVE_ENTRY_REFUSED')],
  ['mode 4755', tarOf({ ...a, mode: 0o4755 }), accepted({ a: 'A' })],
  ['type Z', tarOf({ ...a, type: 'Z' }), refused('ARCHIVE_ENTRY_REFUSED')],
  ['GNU sparse', tarOf({ ...a, type: 'S' }), refused('ARCHIVE_ENTRY_REFUSED')],
  ['Solaris X', tarOf({ ...a, type: 'X' }), refused('ARCHIVE_ENTRY_REFUSED')],
  [
    'a directory with size above 0',
    tarOf({ name: 'd/', type: '5', body: 'x' }),
    refused('ARCHIVE_MALFORMED'),
  ],
  [
    'a directory that claims a size and has no body',
    tarOf({ name: 'd/', type: '5', size: 5 }, a),
    refused('ARCHIVE_MALFORMED'),
  ],
  [
    'a symbolic link with size above 0',
    tarOf({ name: 'l', type: '2', size: 512 }, a),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['a regular file whose name ends in /', tarOf({ ...a, name: 'a/' }), refused('ARCHIVE_PATH_UNSAFE')],
  [
    'entries after the end-of-archive marker',
    Buffer.concat([tarOf(a), tarOf({ name: 'b' })]),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['one zero block, then an entry', tarOf(a, zeroBlock, { name: 'b' }), refused('ARCHIVE_MALFORMED')],
  ['no end-of-archive blocks', tarEntry(a), refused('ARCHIVE_MALFORMED')],
  ['no bytes', Buffer.alloc(0), refused('ARCHIVE_MALFORMED')],
  ['only zero blocks', Buffer.alloc(10_240), accepted({})],
  [
    'a length that is no multiple of 512',
    Buffer.concat([tarOf(a), Buffer.alloc(1)]),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['an end inside a body', tarOf(a).subarray(0, 700), refused('ARCHIVE_MALFORMED')],
  ['a PAX path with NUL', tarOf(paxEntry({ path: 'a\0b' }), a), refused('ARCHIVE_PATH_UNSAFE')],
  ['PAX size -1', tarOf(paxEntry({ size: '-1' }), a), refused('ARCHIVE_MALFORMED')],
  ['PAX size abc', tarOf(paxEntry({ size: 'abc' }), a), refused('ARCHIVE_MALFORMED')],
  [
    'PAX size above the header size',
    tarOf(paxEntry({ size: '1024' }), a, { name: 'b' }),
    refused('ARCHIVE_MALFORMED'),
  ],
  [
    'PAX size 0 on an entry of 512 bytes',
    tarOf(paxEntry({ size: '0' }), { name: 'a', body: tarEntry({ name: 'inner' }) }),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['PAX size equal to the header size', tarOf(paxEntry({ size: '1' }), a), accepted({ a: 'A' })],
  [
    'two x headers in a row',
    tarOf(paxEntry({ path: 'b' }), paxEntry({ mtime: '1' }), a),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['a PAX record with a wrong length', tarOf(rawPax('13 path=evilX\n'), a), refused('ARCHIVE_MALFORMED')],
  [
    'a PAX record that is too long for its header',
    tarOf(rawPax('99 path=a\n'), a),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['a PAX record without a newline', tarOf(rawPax('9 path=abc'), a), refused('ARCHIVE_MALFORMED')],
  [
    'a PAX record that ends in another byte than a newline',
    tarOf(rawPax('9 path=bX11 mtime=1\n'), a),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['a PAX record of length 0', tarOf(rawPax('0 path=b\n'), a), refused('ARCHIVE_MALFORMED')],
  ['a PAX record with a signed length', tarOf(rawPax('+9 path=a\n'), a), refused('ARCHIVE_MALFORMED')],
  ['a PAX record without a key', tarOf(rawPax('5 =a\n'), a), refused('ARCHIVE_MALFORMED')],
  [
    'a PAX block above 4 MiB',
    tarOf(rawPax(Buffer.alloc(4 * 1024 * 1024 + 1))),
    refused('ARCHIVE_LIMIT_EXCEEDED'),
  ],
  ['a global PAX path', tarOf(paxEntry({ path: 'b' }, 'g'), a), refused('ARCHIVE_ENTRY_REFUSED')],
  [
    'a global PAX path before a local header',
    tarOf(paxEntry({ path: 'b' }, 'g'), paxEntry({ mtime: '1' }), a),
    refused('ARCHIVE_ENTRY_REFUSED'),
  ],
  [
    'a global PAX size',
    tarOf(paxEntry({ size: '512' }, 'g'), paxEntry({ mtime: '1' }), a),
    refused('ARCHIVE_ENTRY_REFUSED'),
  ],
  ['an x header at the end', tarOf(a, paxEntry({ path: 'b' })), refused('ARCHIVE_MALFORMED')],
  [
    'an x header, then the end, then an entry',
    tarOf(paxEntry({ path: 'b' }), zeroBlock, a),
    refused('ARCHIVE_MALFORMED'),
  ],
  [
    'a GNU long name and a PAX path',
    tarOf({ name: 'L', type: 'L', body: 'b\0' }, paxEntry({ path: 'c' }), a),
    refused('ARCHIVE_MALFORMED'),
  ],
  [
    'a GNU long name with a NUL inside',
    tarOf({ name: 'L', type: 'L', body: 'b\0c\0' }, a),
    refused('ARCHIVE_PATH_UNSAFE'),
  ],
  ['a bad checksum', tarOf({ ...a, checksum: 0 }), refused('ARCHIVE_MALFORMED')],
  ['v7 without magic', tarOf({ ...a, magic: '\0\0\0\0\0\0\0\0' }), refused('ARCHIVE_MALFORMED')],
  ['a huge size in base-256', tarOf({ ...a, size: bigSize }), refused('ARCHIVE_MALFORMED')],
  ['a negative size in base-256', tarOf({ ...a, size: negativeSize }), refused('ARCHIVE_MALFORMED')],
  ['an empty name', tarOf({ name: '', body: 'x' }), refused('ARCHIVE_PATH_UNSAFE')],
  ['an empty PAX path', tarOf(paxEntry({ path: '' }), a), refused('ARCHIVE_PATH_UNSAFE')],
  [
    'two names of invalid UTF-8',
    tarOf({ name: Buffer.from([0xfe]) }, { name: Buffer.from([0xff]) }),
    refused('ARCHIVE_PATH_UNSAFE'),
  ],
  [
    'a depth of 2,000',
    tarOf(paxEntry({ path: `${'a/'.repeat(2000)}x` }), a),
    refused('ARCHIVE_LIMIT_EXCEEDED'),
  ],
  ['duplicates', tarOf(a, { name: 'a', body: 'B' }), refused('ARCHIVE_DUPLICATE_ENTRY')],
  ['duplicates but for case', tarOf(a, { name: 'A', body: 'B' }), refused('ARCHIVE_DUPLICATE_ENTRY')],
  [
    'an empty x header before a file',
    tarOf({ name: 'x', type: 'x' }, { name: 'a', body: 'y'.repeat(100) }),
    refused('ARCHIVE_MALFORMED'),
  ],
];

describe('tar input on which readers disagree', () => {
  it.each(traps)('%s', async (_input, tar, outcome) => {
    await using sandbox = await UnpackSandbox.open();
    await expect(sandbox.tar(tar)).resolves.toMatchObject(outcome);
    await expect(sandbox.tar(tar, { chunkSize: 321 })).resolves.toMatchObject(outcome);
  });
});

const good = gzipSync(tarOf(a));
const at = (bytes: Buffer, index: number): Buffer => {
  const flipped = Buffer.from(bytes);
  flipped[bytes.length + index] = (flipped[bytes.length + index] ?? 0) ^ 1;
  return flipped;
};

const gzipInputs: readonly Trap[] = [
  ['two members', Buffer.concat([good, good]), refused('ARCHIVE_MALFORMED')],
  [
    'a tar cut over two members',
    Buffer.concat([gzipSync(tarOf(a).subarray(0, 512)), gzipSync(tarOf(a).subarray(512))]),
    refused('ARCHIVE_MALFORMED'),
  ],
  ['an empty member behind', Buffer.concat([good, gzipSync('')]), refused('ARCHIVE_MALFORMED')],
  ['a cut stream', good.subarray(0, -9), refused('ARCHIVE_MALFORMED')],
  ['a cut trailer', good.subarray(0, -1), refused('ARCHIVE_MALFORMED')],
  ['junk behind', Buffer.concat([good, Buffer.from('junk')]), refused('ARCHIVE_MALFORMED')],
  ['zeros behind', Buffer.concat([good, Buffer.alloc(512)]), refused('ARCHIVE_MALFORMED')],
  ['a wrong checksum', at(good, -8), refused('ARCHIVE_MALFORMED')],
  ['a wrong length', at(good, -1), refused('ARCHIVE_MALFORMED')],
  ['nothing', Buffer.alloc(0), refused('LAYER_UNSUPPORTED')],
  ['a tar without compression', tarOf(a), refused('LAYER_UNSUPPORTED')],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), refused('LAYER_UNSUPPORTED')],
  ['a zstd skippable frame', Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]), refused('LAYER_UNSUPPORTED')],
  ['Helm provenance', Buffer.from('-----BEGIN PGP SIGNED MESSAGE-----'), refused('LAYER_UNSUPPORTED')],
  ['a whole gzip stream', good, accepted({ a: 'A' })],
];

describe('gzip input', () => {
  it.each(gzipInputs)('%s', async (_input, layer, outcome) => {
    await using sandbox = await UnpackSandbox.open();
    for (const chunkSize of [undefined, good.length, 7, 1]) {
      const options = chunkSize === undefined ? {} : { chunkSize };
      await expect(sandbox.layer(layer, options)).resolves.toMatchObject(outcome);
    }
  });

  it.each([
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), /got a zstd stream.*application\/x/],
    ['plain tar', tarOf(a), /got a tar without compression/],
    ['something else', Buffer.from('hello'), /got bytes that start with 68656c6c/],
    ['nothing', Buffer.alloc(0), /got nothing/],
  ])('the refusal says what was found instead: %s', async (_what, layer, says) => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.layer(layer, { mediaType: 'application/x' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(says));
  });

  it('a bomb is refused by its ratio, long before its size', async () => {
    await using sandbox = await UnpackSandbox.open();
    const bomb = gzipSync(tarOf({ name: 'a', body: Buffer.alloc(32 * 1024 * 1024) }));
    const outcome = await sandbox.layer(bomb, { chunkSize: 4096 });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'ARCHIVE_LIMIT_EXCEEDED' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/at most 200 .*limit ratio/));
  });

  it('what compresses well is no bomb below one MiB', async () => {
    await using sandbox = await UnpackSandbox.open();
    const layer = gzipSync(tarOf({ name: 'a', body: 'a'.repeat(1_000_000) }));
    await expect(sandbox.layer(layer)).resolves.toMatchObject({ kind: 'accepted' });
  });
});
