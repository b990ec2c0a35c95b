import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { paxEntry, tarEntry, tarOf } from '../../test/fixtures/tar-builder.ts';
import { type UnpackOutcome, UnpackSandbox } from '../../test/fixtures/unpack-sandbox.ts';

type Archive = readonly [
  tool: string,
  tar: Buffer,
  tree: Partial<Extract<UnpackOutcome, { kind: 'accepted' }>>,
];

const gnu = 'ustar  \0';
const yaml = 'kind: A\n';
const longName = `${'long/'.repeat(25)}file.yaml`;

const archives: readonly Archive[] = [
  [
    'flux push artifact: the directory . first, no trailing slashes',
    tarOf(
      { name: '.', type: '5', mode: 0o755 },
      { name: 'apps', type: '5', mode: 0o755 },
      { name: 'apps/a.yaml', body: yaml },
      paxEntry({ path: 'apps/ü.yaml' }),
      { name: 'apps/.yaml', body: yaml },
    ),
    { files: { 'apps/a.yaml': yaml, 'apps/ü.yaml': yaml }, directories: ['apps'], skipped: [] },
  ],
  [
    'tar -C dir -czf x . (GNU, oras): ./ first, padding to 10 KiB',
    Buffer.concat([
      tarOf(
        { name: './', type: '5', magic: gnu },
        { name: './a', body: yaml, magic: gnu },
        { name: './d/', type: '5', magic: gnu },
      ),
      Buffer.alloc(10_240 - 3072),
    ]),
    { files: { a: yaml }, directories: ['d'] },
  ],
  [
    'GNU long names',
    tarOf(
      { name: '././@LongLink', type: 'L', body: `${longName}\0`, magic: gnu },
      { name: 'x', body: yaml, magic: gnu },
    ),
    { files: { [longName]: yaml } },
  ],
  [
    'GNU tar by a user whose ids are above the octal range',
    tarOf({ name: 'a', body: yaml, magic: gnu, uid: Buffer.from([0x80, 0, 0, 0, 0x77, 0x35, 0x94, 0]) }),
    { files: { a: yaml } },
  ],
  [
    'GNU tar with fields of its own where ustar has the prefix',
    tarOf({ name: 'a', body: yaml, magic: gnu, prefix: '14371234567' }),
    { files: { a: yaml } },
  ],
  [
    'Helm: no directories, all below the chart',
    tarOf({ name: 'chart/Chart.yaml', body: yaml }, { name: 'chart/templates/a.yaml', body: yaml }),
    {
      files: { 'chart/Chart.yaml': yaml, 'chart/templates/a.yaml': yaml },
      directories: ['chart', 'chart/templates'],
    },
  ],
  [
    'git archive: a global header with the commit',
    tarOf(paxEntry({ comment: '0'.repeat(40) }, 'g'), { name: 'a', body: yaml }),
    { files: { a: yaml } },
  ],
  [
    'macOS tar: vendor keys and ._ files',
    tarOf(
      paxEntry({
        'LIBARCHIVE.creationtime': '1',
        'SCHILY.dev': '1',
        'SCHILY.ino': '2',
        'SCHILY.xattr.com.apple.x': Buffer.from([0, 0xff]),
      }),
      { name: '._a', body: 'x' },
      { name: 'a', body: yaml },
    ),
    { files: { '._a': 'x', a: yaml } },
  ],
  [
    'Go tools: times below the second',
    tarOf(paxEntry({ mtime: '1700000000.123', atime: '-1.5', ctime: '0' }), { name: 'a', body: yaml }),
    { files: { a: yaml } },
  ],
  [
    'Perl: numbers padded with spaces in front',
    tarOf({ name: 'a', body: yaml, size: Buffer.from('         10\0') }),
    { files: { a: yaml } },
  ],
  [
    'a container image: links are left out and reported, whiteouts are files',
    tarOf(
      { name: 'bin/', type: '5' },
      { name: 'bin/busybox', body: 'elf' },
      { name: 'bin/sh', type: '2', linkname: '/bin/busybox' },
      { name: 'bin/ls', type: '1', linkname: 'bin/busybox' },
      paxEntry({ linkpath: 'x'.repeat(200) }),
      { name: 'bin/vi', type: '2' },
      { name: '././@LongLink', type: 'K', body: `${'x'.repeat(200)}\0`, magic: gnu },
      { name: 'bin/ed', type: '2', magic: gnu },
      { name: '.wh.old', body: '' },
      { name: 'opt/.wh..wh..opq', body: '' },
    ),
    {
      files: { 'bin/busybox': 'elf', '.wh.old': '', 'opt/.wh..wh..opq': '' },
      skipped: ['bin/sh', 'bin/ls', 'bin/vi', 'bin/ed'],
    },
  ],
  [
    'a directory named twice, and one after what it holds',
    tarOf(
      { name: 'd/e/f', body: yaml },
      { name: 'd/', type: '5' },
      { name: 'd', type: '5' },
      { name: 'd/e/', type: '5' },
    ),
    { files: { 'd/e/f': yaml }, directories: ['d', 'd/e'] },
  ],
  [
    'a name that fills its field, and one in the ustar prefix',
    tarOf({ name: 'n'.repeat(100), body: yaml }, { name: 'a', prefix: 'p/q', body: yaml }),
    { files: { ['n'.repeat(100)]: yaml, 'p/q/a': yaml } },
  ],
  [
    'vendor keys that nobody has heard of',
    tarOf(paxEntry({ 'APK-TOOLS.checksum.SHA1': 'ab', uname: 'ü' }), { name: 'a', body: yaml }),
    { files: { a: yaml } },
  ],
  [
    'names in many scripts, with spaces and marks',
    tarOf(
      { name: 'Отчёт v1 (копия).yaml', body: yaml },
      { name: '説明_①🚀.yaml', body: yaml },
      { name: '..a..b', body: yaml },
    ),
    { files: { 'Отчёт v1 (копия).yaml': yaml, '説明_①🚀.yaml': yaml, '..a..b': yaml } },
  ],
];

describe('archives met in practice pass', () => {
  it.each(archives)('%s', async (_tool, tar, tree) => {
    await using sandbox = await UnpackSandbox.open();
    for (const chunkSize of [1, 321, tar.length + 99]) {
      await expect(sandbox.tar(tar, { chunkSize })).resolves.toMatchObject({ kind: 'accepted', ...tree });
    }
  });

  it('cuts a long list of links, and counts the rest', async () => {
    await using sandbox = await UnpackSandbox.open();
    const links = Array.from({ length: 150 }, (_, index) => tarEntry({ name: `l${index}`, type: '2' }));
    const outcome = await sandbox.layer(gzipSync(tarOf(...links)));
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(outcome).toHaveProperty('skipped', expect.arrayContaining(['l0', 'l99', 'and 50 more']));
    expect(outcome).toHaveProperty('skipped.length', 101);
  });
});
