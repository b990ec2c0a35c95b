import { execFileSync } from 'node:child_process';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copy, openLayout, openLayoutArchive } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { push } from '../../cmd/sealift/push.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;
const at = (name: string): string => join(bench.directory, name);

/** What the registry has under the tag, signature and all, in a layout and in an archive of it. */
async function carry(): Promise<void> {
  await copy(bench.store, (await openLayout(at('carried'))).repository(), 'stable', { referrers: true });
  const names = ['blobs', 'index.json', 'oci-layout'];
  execFileSync('tar', ['-cf', at('carried.tar'), '-C', at('carried'), ...names]);
}

beforeAll(async () => {
  bench = await startSiteBench();
  await bench.push({ 'a.yaml': configMapYaml('a', 'one') }, { by: bench.trusted });
  await carry();
});

afterAll(() => bench.close());

describe('a source without a registry', () => {
  it.each(['oci:', 'oci-layout:', 'oci-archive:'])('is delivered from %s', async (scheme) => {
    await bench.configure({ url: `${scheme}${at(scheme === 'oci-archive:' ? 'carried.tar' : 'carried')}` });
    expect((await bench.run()).failures).toEqual([]);
    expect(Object.keys(await bench.delivered())).toContain(deliveredFile('a'));
  });

  it('follows an archive that is replaced by a newer one', async () => {
    await bench.configure({ url: `oci-archive:${at('carried.tar')}` });
    expect((await bench.run()).failures).toEqual([]);
    await bench.push({ 'b.yaml': configMapYaml('b', 'two') }, { by: bench.trusted });
    await carry();
    expect((await bench.run()).failures).toEqual([]);
    expect(Object.keys(await bench.delivered())).toContain(deliveredFile('b'));
  });

  it('is refused from an archive when a stranger signed it', async () => {
    await bench.push({ 'c.yaml': configMapYaml('c', 'three') }, { by: bench.stranger });
    await carry();
    await bench.configure({ url: `oci-archive:${at('carried.tar')}` });
    expect((await bench.run()).failures).not.toEqual([]);
    expect(Object.keys(await bench.delivered())).not.toContain(deliveredFile('c'));
  });

  it.each([
    ['is missing', 'none.tar', undefined],
    ['is no tar', 'text.tar', 'text, and no tar at all'],
  ])('fails, and keeps what is delivered, when its archive %s', async (_how, name, content) => {
    if (content !== undefined) await writeFile(at(name), content);
    await bench.configure({ url: `oci-archive:${at(name)}` });
    const before = await bench.delivered();
    const { failures } = await bench.run();
    expect(failures).toHaveLength(1);
    expect(await bench.delivered()).toEqual(before);
  });
});

describe('sealift push', () => {
  const origin = { source: 'x', revision: 'y', annotations: {}, created: '1970-01-01T00:00:00Z' };

  it('writes to oci:DIRECTORY, which is the same place as oci-layout:DIRECTORY', async () => {
    await writeFile(at('app.yaml'), configMapYaml('x', 'y'));
    const request = { directory: bench.directory, ignore: '*\n!app.yaml', origin, insecure: false };
    const { digest } = await push(
      { ...request, reference: `oci:${at('pushed')}:v1` },
      new AbortController().signal,
    );
    const found = await (await openLayout(at('pushed'))).repository().resolve('v1');
    expect(found).toMatchObject({ descriptor: { digest } });
  });

  it('does not write to an archive', async () => {
    const before = await stat(at('carried.tar'));
    const request = { reference: `oci-archive:${at('carried.tar')}:v1`, directory: at('carried') };
    await expect(
      push({ ...request, origin, insecure: false }, new AbortController().signal),
    ).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining('an archive, which is only read'),
    });
    expect((await stat(at('carried.tar'))).mtimeMs).toBe(before.mtimeMs);
    expect((await openLayoutArchive(at('carried.tar'))).repositories()).toEqual([]);
    expect(await readdir(bench.directory)).not.toContain('carried.tar.lock');
  });
});
