import { existsSync, mkdtempSync, readFileSync, rmSync, type Stats, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, printed } from '../../../test/fixtures/build-site.ts';

const object = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n';
const files = {
  'kustomization.yaml': 'resources: [base]\n',
  'base/kustomization.yaml': 'resources: [a.yaml]\n',
  'base/a.yaml': object,
};
const names = Object.keys(files);

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function opened<T extends { close(): void }>(one: T): T {
  open.push(one);
  return one;
}

/** A directory of another file system than that of temporary files, where there is one. */
function elsewhere(): string | undefined {
  const other = '/dev/shm';
  const status = statSync(other, { throwIfNoEntry: false });
  if (status === undefined || status.dev === statSync(tmpdir()).dev) return undefined;
  const directory = mkdtempSync(join(other, 'sealift-test-build-'));
  opened({ close: () => rmSync(directory, { recursive: true }) });
  return directory;
}

/** What kustomize finds under the names of the artifact. */
async function found(
  site: BuildSite,
): Promise<ReadonlyMap<string, { readonly status: Stats; readonly text: string }>> {
  const seen = new Map<string, { readonly status: Stats; readonly text: string }>();
  const exec = new FakeExec(({ directory }) => {
    for (const name of names) {
      const path = join(directory, name);
      seen.set(name, { status: statSync(path), text: readFileSync(path, 'utf8') });
    }
    return printed(object);
  });
  await site.build(files, { exec });
  return seen;
}

describe('the files that kustomize works on', () => {
  it('are those of the artifact by a second name, but for the kustomization that says what the delivery asks for', async () => {
    const site = opened(new BuildSite());
    const seen = await found(site);
    const isSame = names.map((name) => seen.get(name)?.status.ino === statSync(join(site.root, name)).ino);
    expect(isSame).toEqual([false, true, true]);
    expect(seen.get('base/a.yaml')?.text).toBe(object);
  });

  it('leave the artifact as it was', async () => {
    const site = opened(new BuildSite());
    await found(site);
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(site.root, name), 'utf8')).toBe(text);
      expect(statSync(join(site.root, name)).nlink).toBe(1);
    }
    expect(site.leftovers()).toEqual([]);
  });

  it('are copies where the builds are on another file system', async ({ skip }) => {
    const temporary = elsewhere();
    if (temporary === undefined)
      return skip('expected /dev/shm to be another file system than that of temporary files');
    const site = opened(new BuildSite(temporary));
    const seen = await found(site);
    expect([...seen.values()].map(({ text }) => text).slice(1)).toEqual(Object.values(files).slice(1));
    expect(seen.get('base/a.yaml')?.status.dev).not.toBe(statSync(site.root).dev);
    expect(site.leftovers()).toEqual([]);
  });

  it.each([
    ['once', false, [true]],
    ['for the last time', true, [false, true]],
  ])('go while it ends, having printed %s', async (_what, explain, gone) => {
    const site = opened(new BuildSite());
    const wereGone: boolean[] = [];
    const exec = new FakeExec(async ({ directory, outputPauses }) => {
      outputPauses?.(Buffer.from(object));
      const isLast = wereGone.length + 1 === gone.length;
      if (isLast) await expect.poll(() => existsSync(directory)).toBe(false);
      wereGone.push(!existsSync(directory));
      return printed(object);
    });
    const { objects } = await site.trace(files, { exec, explain });
    expect([objects.length, wereGone, site.leftovers()]).toEqual([1, gone, []]);
  });
});
