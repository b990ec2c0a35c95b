import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TarFields, tarOf } from '../../test/fixtures/tar-builder.ts';
import { UnpackSandbox } from '../../test/fixtures/unpack-sandbox.ts';
import { compileIgnore, ignoreLimits } from './source-ignore.ts';

/** Files that stay when a layer with these files is unpacked. */
async function stay(
  files: Readonly<Record<string, string>> | readonly string[],
  ignore?: string,
): Promise<readonly string[]> {
  await using sandbox = await UnpackSandbox.open();
  const bodies: readonly (readonly [string, string])[] = Array.isArray(files)
    ? files.map((name: string) => [name, 'x'] as const)
    : Object.entries(files);
  const entries = bodies.map(([name, body]): TarFields => ({ name, body }));
  const outcome = await sandbox.tar(tarOf(...entries), ignore === undefined ? {} : { ignore });
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return Object.keys(outcome.files).toSorted();
}

describe('what is left out of a tree', () => {
  it('without patterns: version control, media, archives and pipelines', async () => {
    const files = [
      '.git/HEAD',
      '.gitignore',
      'a.yaml',
      'x.png',
      'x.JPG',
      'd/x.tar.gz',
      '.github/w.yaml',
      'd/.sops.yaml',
      '.travis.yml',
      'd/.drone.yml',
    ];
    await expect(stay(files)).resolves.toEqual(['a.yaml', 'x.JPG']);
  });

  it('with a pattern: version control and what it says, no defaults', async () => {
    const files = ['.git/HEAD', 'a.yaml', 'x.png', '.github/w.yaml', 'b.md'];
    await expect(stay(files, '*.md')).resolves.toEqual(['.github/w.yaml', 'a.yaml', 'x.png']);
  });

  it('a text of comments and empty lines is no pattern', async () => {
    await expect(stay(['a.yaml', 'x.png'], '# nothing\n\n   \n')).resolves.toEqual(['a.yaml']);
  });

  it('a .sourceignore holds for its directory and below', async () => {
    const files = {
      'a.md': '',
      'd/.sourceignore': '*.md\n/top.yaml\n',
      'd/b.md': '',
      'd/top.yaml': '',
      'd/e/c.md': '',
      'd/e/top.yaml': '',
    };
    await expect(stay(files)).resolves.toEqual(['a.md', 'd/.sourceignore', 'd/e/top.yaml']);
  });

  it('spec.ignore has the last word over .sourceignore', async () => {
    const files = {
      '.sourceignore': '*.md\n',
      'a.md': '',
      'b.md': '',
      'd/.sourceignore': 'c.md',
      'd/c.md': '',
    };
    await expect(stay(files, '!a.md\n!c.md')).resolves.toEqual([
      '.sourceignore',
      'a.md',
      'd/.sourceignore',
      'd/c.md',
    ]);
  });

  it('a deeper .sourceignore has the last word over one above', async () => {
    const files = { '.sourceignore': '*.md\n', 'a.md': '', 'd/.sourceignore': '!*.md', 'd/c.md': '' };
    await expect(stay(files)).resolves.toEqual(['.sourceignore', 'd/.sourceignore', 'd/c.md']);
  });

  it.each([
    ['everything but one directory', '/*\n!/deploy', ['deploy/a.yaml', 'deploy/prod/b.yaml']],
    [
      'everything but one directory further down, which Flux brings back',
      '/*\n!/deploy/prod',
      ['deploy/prod/b.yaml'],
    ],
    ['everything but some files', '/*\n!/deploy\n/deploy/**/b.yaml', ['deploy/a.yaml']],
    ['a directory by its slash', 'docs/', ['README', 'deploy/a.yaml', 'deploy/prod/b.yaml']],
    [
      'a file that only looks like a directory',
      'README/\ndocs\n',
      ['README', 'deploy/a.yaml', 'deploy/prod/b.yaml'],
    ],
    [
      'case counts',
      'readme\nDOCS/\n*.YAML',
      ['README', 'deploy/a.yaml', 'deploy/prod/b.yaml', 'docs/guide.md'],
    ],
    ['CRLF and trailing spaces', 'docs/  \r\nREADME\r\n', ['deploy/a.yaml', 'deploy/prod/b.yaml']],
  ])('%s', async (_pattern, ignore, left) => {
    const files = ['README', 'deploy/a.yaml', 'deploy/prod/b.yaml', 'docs/guide.md'];
    await expect(stay(files, ignore)).resolves.toEqual(left);
  });

  it('names that begin with a sign of the syntax', async () => {
    await expect(stay(['!a', '#b', 'c'], '\\!a\n\\#b')).resolves.toEqual(['c']);
    await expect(stay(['!a', '#b', 'c'], '*\n!!a\n!#b')).resolves.toEqual(['!a', '#b']);
  });

  it('takes ignored directories with it, but not one that holds what was brought back', async () => {
    await using sandbox = await UnpackSandbox.open();
    const tar = tarOf(
      { name: 'gone/empty/', type: '5' },
      { name: 'gone/a' },
      { name: 'kept/', type: '5' },
      { name: 'kept/b' },
      { name: 'left/', type: '5' },
    );
    const outcome = await sandbox.tar(tar, { ignore: 'gone/\nkept/\n!kept/b' });
    expect(outcome).toMatchObject({ files: { 'kept/b': '' }, directories: ['kept', 'left'] });
  });

  it('a copied layer is not looked into', async () => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.layer(Buffer.from('x'), { operation: 'copy', ignore: '*' });
    expect(outcome).toMatchObject({ kind: 'accepted', files: { 'layer.tar.gz': 'x' } });
  });
});

describe('limits of ignore texts', () => {
  it.each([
    ['a text above 64 KiB', '#'.repeat(ignoreLimits.textBytes + 1), /spec\.ignore: .*textBytes/],
    ['too many patterns', 'a\n'.repeat(ignoreLimits.patterns + 1), /patterns/],
    ['a pattern that is too long', 'a'.repeat(ignoreLimits.patternBytes + 1), /patternBytes/],
    ['too many double stars', 'a/**/b/**/c/**/d/**/e/**/f', /doubleStars/],
  ])('%s', async (_excess, text, says) => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.tar(tarOf({ name: 'a' }), { ignore: text });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'ARCHIVE_LIMIT_EXCEEDED' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(says));
  });

  it('name the .sourceignore that exceeds them', async () => {
    await using sandbox = await UnpackSandbox.open();
    const outcome = await sandbox.tar(tarOf({ name: 'd/.sourceignore', body: 'a'.repeat(70_000) }));
    expect(outcome).toHaveProperty('message', expect.stringMatching(/entry "d\/\.sourceignore".*textBytes/));
  });

  it('cost little for the worst pattern and the longest path', () => {
    const path = Array.from({ length: 32 }, () => 'a'.repeat(31)).join('/');
    const worst = [
      'a/**/a/**/a/**/a/**/b',
      '*a*a*a*a*a*a*a*a*a*b',
      '**/*a*a*b/**/*a*a*b/*a*b',
      '*[a-z]*?*a*[!b]*b',
    ];
    for (const text of worst) {
      const ignored = compileIgnore([{ directory: '', text, origin: 'test' }], 'unpack');
      const start = process.cpuUsage();
      expect(ignored(path, false)).toBe(false);
      // Some milliseconds; an exponential pattern would take hours.
      expect(process.cpuUsage(start).user, text).toBeLessThan(1_000_000);
    }
  });

  it('no text whatsoever breaks the decision', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom('*', '?', '[', ']', '!', '-', '\\', '/', 'a', ' ', '#', '.', '{', '('),
      }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('a', 'a/b', 'a.b/-/[x]', 'é'), (pattern, path) => {
        fc.pre(pattern.split('**').length <= ignoreLimits.doubleStars);
        const ignored = compileIgnore([{ directory: '', text: pattern, origin: 'test' }], 'unpack');
        expect(typeof ignored(path, false)).toBe('boolean');
      }),
    );
  });
});
