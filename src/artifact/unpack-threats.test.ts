import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { paxEntry, type TarFields, tarEntry, tarOf, zeroBlock } from '../../test/fixtures/tar-builder.ts';
import { UnpackSandbox, type UnpackTry } from '../../test/fixtures/unpack-sandbox.ts';

type Case = readonly [threat: string, tar: Buffer, code: string, says: RegExp, options?: UnpackTry];

const file = (name: string, body = 'x'): TarFields => ({ name, body });
const directory = (name: string): TarFields => ({ name, type: '5' });
const long = (length: number): Buffer => paxEntry({ path: 'a'.repeat(length) });
const base256 = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

const paths: readonly Case[] = [
  ['.. as the first component', tarOf(file('../x')), 'ARCHIVE_PATH_UNSAFE', /"\.\." component/],
  ['.. in the middle', tarOf(file('a/../../x')), 'ARCHIVE_PATH_UNSAFE', /"\.\." component/],
  ['.. that stays inside', tarOf(file('a/../x')), 'ARCHIVE_PATH_UNSAFE', /"\.\." component/],
  ['.. as a directory', tarOf(directory('../')), 'ARCHIVE_PATH_UNSAFE', /"\.\." component/],
  ['.. after ./', tarOf(file('./../x')), 'ARCHIVE_PATH_UNSAFE', /"\.\." component/],
  ['.. in the ustar prefix', tarOf({ name: 'x', prefix: '../..' }), 'ARCHIVE_PATH_UNSAFE', /"\.\."/],
  ['.. in a PAX path', tarOf(paxEntry({ path: '../x' }), file('x')), 'ARCHIVE_PATH_UNSAFE', /"\.\."/],
  [
    '.. in a GNU long name',
    tarOf({ name: '././@LongLink', type: 'L', body: '../x\0' }, file('x')),
    'ARCHIVE_PATH_UNSAFE',
    /"\.\."/,
  ],
  ['.. spelled in fullwidth dots', tarOf(file('．．/x')), 'ARCHIVE_PATH_UNSAFE', /"\.\."/],
  ['a slash hidden in a fullwidth one', tarOf(file('..／x')), 'ARCHIVE_PATH_UNSAFE', /separates/],
  ['an absolute name', tarOf(file('/etc/x')), 'ARCHIVE_PATH_UNSAFE', /absolute/],
  ['a drive letter', tarOf(file('C:/x')), 'ARCHIVE_PATH_UNSAFE', /drive/],
  ['a backslash', tarOf(file('..\\x')), 'ARCHIVE_PATH_UNSAFE', /separates/],
  ['a NUL in a PAX path', tarOf(paxEntry({ path: 'a\0b' }), file('x')), 'ARCHIVE_PATH_UNSAFE', /NUL/],
  ['a control character', tarOf(file('a\u0007b')), 'ARCHIVE_PATH_UNSAFE', /control.*/],
  ['a right-to-left override', tarOf(file('a\u202Elmay.b')), 'ARCHIVE_PATH_UNSAFE', /invisible/],
  ['a line break', tarOf(file('a\nb')), 'ARCHIVE_PATH_UNSAFE', /control/],
  ['an empty component', tarOf(file('a//b')), 'ARCHIVE_PATH_UNSAFE', /empty path component/],
  ['a . component', tarOf(file('a/./b')), 'ARCHIVE_PATH_UNSAFE', /"\." component/],
  ['a second leading ./', tarOf(file('././a')), 'ARCHIVE_PATH_UNSAFE', /"\." component/],
  ['an empty name', tarOf(directory('')), 'ARCHIVE_PATH_UNSAFE', /empty name/],
  ['a file that calls itself the root', tarOf(file('.')), 'ARCHIVE_PATH_UNSAFE', /"\." component/],
  ['a file whose name ends in /', tarOf(file('a/')), 'ARCHIVE_PATH_UNSAFE', /ends in "\/"/],
  [
    'a symbolic link whose name ends in /',
    tarOf({ name: 'a/', type: '2' }),
    'ARCHIVE_PATH_UNSAFE',
    /ends in/,
  ],
  [
    'a component above 255 bytes',
    tarOf(long(256), file('x')),
    'ARCHIVE_LIMIT_EXCEEDED',
    /255.*componentBytes.*256/,
  ],
  [
    'a path above 1,024 bytes',
    tarOf(paxEntry({ path: 'abcdefg/'.repeat(129) }), file('x')),
    'ARCHIVE_LIMIT_EXCEEDED',
    /1024.*pathBytes.*1032/,
  ],
  ['a tree deeper than 32', tarOf(file(`${'a/'.repeat(32)}x`)), 'ARCHIVE_LIMIT_EXCEEDED', /32.*depth.*33/],
  ['a Windows device', tarOf(file('a/con')), 'ARCHIVE_PATH_UNSAFE', /reserves/],
  ['a Windows device with an extension', tarOf(file('NUL.yaml')), 'ARCHIVE_PATH_UNSAFE', /reserves/],
  ['a trailing dot', tarOf(file('a.')), 'ARCHIVE_PATH_UNSAFE', /dot or space/],
  ['a trailing space', tarOf(file('a /b')), 'ARCHIVE_PATH_UNSAFE', /dot or space/],
  ['a name that is not UTF-8', tarOf({ name: Buffer.from([0x61, 0xff]) }), 'ARCHIVE_PATH_UNSAFE', /UTF-8/],
  [
    'a PAX path that is not UTF-8',
    tarOf(paxEntry({ path: Buffer.from([0xc0, 0xae]) }), file('x')),
    'ARCHIVE_PATH_UNSAFE',
    /UTF-8/,
  ],
];

const types: readonly Case[] = [
  ['a hard link with a body', tarOf({ name: 'a', type: '1', body: 'x' }), 'ARCHIVE_MALFORMED', /no body/],
  ['a symbolic link with a body', tarOf({ name: 'a', type: '2', body: 'x' }), 'ARCHIVE_MALFORMED', /no body/],
  [
    'a symbolic link under strict links',
    tarOf({ name: 'a', type: '2' }),
    'ARCHIVE_ENTRY_REFUSED',
    /strict links/,
    { strictLinks: true },
  ],
  [
    'a hard link under strict links',
    tarOf({ name: 'a', type: '1' }),
    'ARCHIVE_ENTRY_REFUSED',
    /strict links/,
    { strictLinks: true },
  ],
  ['a character device', tarOf({ name: 'a', type: '3' }), 'ARCHIVE_ENTRY_REFUSED', /character device/],
  ['a block device', tarOf({ name: 'a', type: '4' }), 'ARCHIVE_ENTRY_REFUSED', /block device/],
  ['a FIFO', tarOf({ name: 'a', type: '6' }), 'ARCHIVE_ENTRY_REFUSED', /FIFO/],
  ['a contiguous file', tarOf({ name: 'a', type: '7' }), 'ARCHIVE_ENTRY_REFUSED', /contiguous/],
  ['a GNU sparse file', tarOf({ name: 'a', type: 'S' }), 'ARCHIVE_ENTRY_REFUSED', /sparse/],
  ['a volume', tarOf({ name: 'a', type: 'M' }), 'ARCHIVE_ENTRY_REFUSED', /volume/],
  ['a directory dump', tarOf({ name: 'a', type: 'D' }), 'ARCHIVE_ENTRY_REFUSED', /dump/],
  ['a volume label', tarOf({ name: 'a', type: 'V' }), 'ARCHIVE_ENTRY_REFUSED', /label/],
  ['an old GNU long name', tarOf({ name: 'a', type: 'N' }), 'ARCHIVE_ENTRY_REFUSED', /old GNU/],
  ['a Solaris header', tarOf({ name: 'a', type: 'X' }), 'ARCHIVE_ENTRY_REFUSED', /Solaris/],
  ['an unknown type', tarOf({ name: 'a', type: 'Z' }), 'ARCHIVE_ENTRY_REFUSED', /unknown type "Z"/],
  [
    'a type named like a property of objects',
    tarOf({ name: 'a', type: '_' }),
    'ARCHIVE_ENTRY_REFUSED',
    /unknown/,
  ],
  [
    'PAX sparse keys',
    tarOf(paxEntry({ 'GNU.sparse.realsize': '1099511627776' }), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /GNU\.sparse/,
  ],
  [
    'Solaris holes',
    tarOf(paxEntry({ 'SUN.holesdata': '0 1' }), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /SUN\.holesdata/,
  ],
  [
    'star sparse keys',
    tarOf(paxEntry({ 'SCHILY.realsize': '9' }), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /SCHILY/,
  ],
];

const limits: readonly Case[] = [
  [
    'more entries than allowed',
    tarOf(file('a'), file('b'), file('c')),
    'ARCHIVE_LIMIT_EXCEEDED',
    /at most 2 entries.*got 3/,
    { limits: { entries: 2 } },
  ],
  [
    'directories that only names imply',
    tarOf(file('a/b/c/d')),
    'ARCHIVE_LIMIT_EXCEEDED',
    /at most 3 entries.*got 4/,
    { limits: { entries: 3 } },
  ],
  [
    'one directory, named again and again',
    tarOf(...Array.from({ length: 9 }, () => directory('a/'))),
    'ARCHIVE_LIMIT_EXCEEDED',
    /at most 8 entries/,
    { limits: { entries: 8 } },
  ],
  [
    'global headers without end',
    tarOf(...Array.from({ length: 9 }, () => paxEntry({ comment: 'x' }, 'g'))),
    'ARCHIVE_LIMIT_EXCEEDED',
    /at most 8 entries/,
    { limits: { entries: 8 } },
  ],
  [
    'a file above its limit',
    tarOf(file('a', 'x'.repeat(100))),
    'ARCHIVE_LIMIT_EXCEEDED',
    /entry "a".*at most 99 bytes in one file \(limit fileBytes\), got 100/,
    { limits: { fileBytes: 99 } },
  ],
  [
    'a header that claims 8 GiB',
    tarOf({ name: 'a', size: 0o77777777777 }),
    'ARCHIVE_LIMIT_EXCEEDED',
    /fileBytes/,
  ],
  [
    'more bytes than allowed in all',
    tarOf(file('a', 'x'.repeat(600))),
    'ARCHIVE_LIMIT_EXCEEDED',
    /at most 2047 unpacked bytes \(limit totalBytes\)/,
    { limits: { totalBytes: 2047 } },
  ],
  [
    'a PAX header above 64 KiB',
    tarOf({ name: 'x', type: 'x', body: Buffer.alloc(65_537) }),
    'ARCHIVE_LIMIT_EXCEEDED',
    /65536.*metadataBytes.*65537/,
  ],
  [
    'a PAX header that claims 4 GiB',
    tarOf({ name: 'x', type: 'g', size: 0o40000000000 }),
    'ARCHIVE_LIMIT_EXCEEDED',
    /metadataBytes/,
  ],
  [
    'a GNU long name above 64 KiB',
    tarOf({ name: 'x', type: 'L', body: Buffer.alloc(65_537, 'a') }),
    'ARCHIVE_LIMIT_EXCEEDED',
    /metadataBytes/,
  ],
];

const pax: readonly Case[] = [
  [
    'a size that differs from the header',
    tarOf(paxEntry({ size: '9' }), file('x')),
    'ARCHIVE_MALFORMED',
    /one size, got 1 in the header and 9 in PAX/,
  ],
  ['a size of nothing', tarOf(paxEntry({ size: '' }), file('x')), 'ARCHIVE_MALFORMED', /size in digits/],
  [
    'a target for what is no link',
    tarOf(paxEntry({ linkpath: 'y' }), file('x')),
    'ARCHIVE_MALFORMED',
    /links alone/,
  ],
  [
    'two PAX headers for one entry',
    tarOf(paxEntry({ path: 'a' }), paxEntry({ path: 'b' }), file('x')),
    'ARCHIVE_MALFORMED',
    /another extended header/,
  ],
  [
    'two GNU long names for one entry',
    tarOf({ name: 'x', type: 'L', body: 'a\0' }, { name: 'x', type: 'L', body: 'b\0' }, file('x')),
    'ARCHIVE_MALFORMED',
    /another extended header/,
  ],
  [
    'a PAX header beside a GNU long name',
    tarOf(paxEntry({ path: 'a' }), { name: 'x', type: 'L', body: 'b\0' }, file('x')),
    'ARCHIVE_MALFORMED',
    /another extended header/,
  ],
  [
    'a GNU long name beside a PAX header',
    tarOf({ name: 'x', type: 'L', body: 'b\0' }, paxEntry({ path: 'a' }), file('x')),
    'ARCHIVE_MALFORMED',
    /another extended header/,
  ],
  [
    'a global header between a PAX header and its entry',
    tarOf(paxEntry({ path: 'a' }), paxEntry({ comment: 'c' }, 'g'), file('x')),
    'ARCHIVE_MALFORMED',
    /another extended header/,
  ],
  [
    'a GNU long link name for a file',
    tarOf({ name: 'x', type: 'K', body: 'b\0' }, file('x')),
    'ARCHIVE_MALFORMED',
    /links alone/,
  ],
  [
    'the same key twice',
    tarOf({ name: 'x', type: 'x', body: '9 path=a\n9 path=b\n' }, file('x')),
    'ARCHIVE_MALFORMED',
    /path again/,
  ],
  [
    'a global header that sets a path',
    tarOf(paxEntry({ path: 'a' }, 'g'), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /only a comment.*"path"/,
  ],
  [
    'names in another character set',
    tarOf(paxEntry({ hdrcharset: 'BINARY' }), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /UTF-8/,
  ],
  [
    'a key that no vendor owns',
    tarOf(paxEntry({ sparse: '1' }), file('x')),
    'ARCHIVE_ENTRY_REFUSED',
    /"sparse"/,
  ],
  ['a time that is no number', tarOf(paxEntry({ mtime: 'soon' }), file('x')), 'ARCHIVE_MALFORMED', /mtime/],
  ['an empty header', tarOf({ name: 'x', type: 'x' }, file('x')), 'ARCHIVE_MALFORMED', /records/],
];

const structure: readonly Case[] = [
  ['a wrong checksum', tarOf({ ...file('a'), checksum: 1 }), 'ARCHIVE_MALFORMED', /checksum/],
  ['an unknown magic', tarOf({ ...file('a'), magic: 'ustar\x00 \0' }), 'ARCHIVE_MALFORMED', /magic/],
  ['a size in base-256', tarOf({ name: 'a', size: base256, body: 'x' }), 'ARCHIVE_MALFORMED', /octal size/],
  [
    'a size with other characters',
    tarOf({ name: 'a', size: Buffer.from('0000000001x\0'), body: 'x' }),
    'ARCHIVE_MALFORMED',
    /octal size/,
  ],
  [
    'a file without a size',
    tarOf({ name: 'a', size: Buffer.alloc(12) }),
    'ARCHIVE_MALFORMED',
    /expected a size/,
  ],
  ['a directory with a body', tarOf({ name: 'a/', type: '5', body: 'x' }), 'ARCHIVE_MALFORMED', /no body/],
  [
    'an owner that is no number',
    tarOf({ ...file('a'), uid: Buffer.from('12\x0034\0\0\0') }),
    'ARCHIVE_MALFORMED',
    /owner/,
  ],
  [
    'entries after the end',
    Buffer.concat([tarOf(file('a')), tarOf(file('b'))]),
    'ARCHIVE_MALFORMED',
    /only zeros/,
  ],
  [
    'one zero block, then an entry',
    tarOf(file('a'), zeroBlock, file('b')),
    'ARCHIVE_MALFORMED',
    /only zeros/,
  ],
  ['no end blocks', tarEntry(file('a')), 'ARCHIVE_MALFORMED', /two zero blocks.*got 0/],
  ['one end block', Buffer.concat([tarEntry(file('a')), zeroBlock]), 'ARCHIVE_MALFORMED', /got 1/],
  [
    'half a block at the end',
    Buffer.concat([tarOf(file('a')), Buffer.alloc(24)]),
    'ARCHIVE_MALFORMED',
    /inside a block/,
  ],
  [
    'an end inside a body',
    tarEntry(file('a', 'x'.repeat(900))).subarray(0, 1024),
    'ARCHIVE_MALFORMED',
    /388 bytes more|512 bytes more/,
  ],
  ['nothing at all', Buffer.alloc(0), 'ARCHIVE_MALFORMED', /two zero blocks/],
];

const duplicates: readonly Case[] = [
  ['a file twice', tarOf(file('a'), file('a')), 'ARCHIVE_DUPLICATE_ENTRY', /each path once/],
  ['a file twice, once with ./', tarOf(file('a'), file('./a')), 'ARCHIVE_DUPLICATE_ENTRY', /the same path/],
  ['files that differ by case', tarOf(file('a'), file('A')), 'ARCHIVE_DUPLICATE_ENTRY', /"A".*"a"/],
  [
    'files that differ by Unicode form',
    tarOf(file('\u00e9'), file('e\u0301')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /once/,
  ],
  [
    'files that differ by compatibility form',
    tarOf(file('ﬁle'), file('file')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /once/,
  ],
  [
    'directories that differ by case',
    tarOf(directory('a/'), directory('A/')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /once/,
  ],
  [
    'implied directories that differ by case',
    tarOf(file('a/x'), file('A/y')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /once/,
  ],
  ['a file where a directory is', tarOf(file('a/x'), file('a')), 'ARCHIVE_DUPLICATE_ENTRY', /directory/],
  ['a directory where a file is', tarOf(file('a'), directory('a')), 'ARCHIVE_DUPLICATE_ENTRY', /file/],
  ['a file below a file', tarOf(file('a'), file('a/x')), 'ARCHIVE_DUPLICATE_ENTRY', /file/],
  [
    'a file through a symbolic link',
    tarOf({ name: 'a', type: '2', linkname: '/' }, file('a/x')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /symlink/,
  ],
  [
    'a file over a symbolic link',
    tarOf({ name: 'a', type: '2', linkname: '/etc/passwd' }, file('a')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /symlink/,
  ],
  [
    'a file through a link of another case',
    tarOf({ name: 'tmp', type: '2', linkname: '/' }, file('Tmp/x')),
    'ARCHIVE_DUPLICATE_ENTRY',
    /symlink/,
  ],
  [
    'a link over a file',
    tarOf(file('a'), { name: 'a', type: '1', linkname: 'b' }),
    'ARCHIVE_DUPLICATE_ENTRY',
    /file/,
  ],
];

describe.each([
  ['attack 21: paths', paths],
  ['attack 21: types', types],
  ['limits', limits],
  ['PAX and GNU headers', pax],
  ['structure', structure],
  ['duplicates', duplicates],
])('unpack refuses: %s', (_group, cases) => {
  it.each(cases.map(([threat, ...row]) => [threat, row] as const))('%s', async (_threat, row) => {
    const [tar, code, says, options] = row;
    await using sandbox = await UnpackSandbox.open();
    for (const chunkSize of [undefined, 321, 1]) {
      const sized = chunkSize === undefined ? options : { ...options, chunkSize };
      const outcome = await sandbox.tar(tar, sized);
      expect(outcome).toMatchObject({ kind: 'refused', code });
      expect(outcome).toHaveProperty('message', expect.stringMatching(/^layer sha256:0: /));
      expect(outcome).toHaveProperty('message', expect.stringMatching(says));
    }
  });
});

describe('unpack', () => {
  it('keeps nothing of an archive that goes wrong at its last entry', async () => {
    await using sandbox = await UnpackSandbox.open();
    const good = Array.from({ length: 900 }, (_, index) => file(`dir/${index}`));
    await expect(sandbox.tar(tarOf(...good, file('../x')))).resolves.toMatchObject({
      code: 'ARCHIVE_PATH_UNSAFE',
    });
  });

  it('ignores modes: no file is executable or setuid, no directory blocks its removal', async () => {
    await using sandbox = await UnpackSandbox.open();
    const tar = tarOf({ name: 'd/', type: '5', mode: 0 }, { ...file('d/a'), mode: 0o4755 });
    await expect(sandbox.tar(tar)).resolves.toMatchObject({ kind: 'accepted', files: { 'd/a': 'x' } });
  });

  it('names hostile entries without letting them act on the terminal', async () => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.tar(tarOf(file('\u001b[31m"/../\u202E')));
    expect(outcome).toHaveProperty('message', expect.stringContaining('\\u{1b}[31m\\u{22}/../\\u{202e}'));
  });

  it('refuses a stream that stalls, and ends by itself', async () => {
    await using sandbox = await UnpackSandbox.open();
    const stalls = async function* (): AsyncGenerator<Uint8Array> {
      yield gzipSync(tarOf(file('a')), { level: 0 }).subarray(0, 600);
      await new Promise(() => undefined);
    };
    const outcome = await sandbox.layer(Buffer.alloc(0), { open: stalls, limits: { idleMs: 50 } });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'DISK_FAILED' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/byte within 50 ms/));
  });
});
