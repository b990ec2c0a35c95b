import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DirectoryUnderTest, openDirectory } from '../../../../test/contract/directory-under-test.ts';
import { describeTextTarget } from '../../../../test/contract/text-target-contract.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import { type KubernetesObject, type ObjectRef, refOf } from '../../../core/index.ts';
import { createDirectoryTarget } from '../../index.ts';
import { fileNameOf } from '../file-name.ts';

const idle = new AbortController().signal;
const keep = { recreate: false };
const one = configMap('one');
const oneRef = refOf(one);

describeTextTarget('directory', openDirectory);

let under: DirectoryUnderTest;
beforeEach(async () => {
  under = await openDirectory();
});
afterEach(() => under.close());

interface Named {
  readonly namespace?: string;
  readonly name: string;
  readonly apiVersion?: string;
  readonly kind?: string;
}

function named({ namespace, name, apiVersion = 'v1', kind = 'ConfigMap' }: Named): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
}

describe('the files of a directory target', () => {
  it.each<[string, Named, RegExp]>([
    [
      'a namespaced object',
      { namespace: 'shop', name: 'web', apiVersion: 'apps/v1', kind: 'Deployment' },
      /^shop-web-deployment-[0-9a-f]{12}\.yaml$/,
    ],
    [
      'a cluster-scoped object of the core group',
      { name: 'shop', kind: 'Namespace' },
      /^shop-namespace-[0-9a-f]{12}\.yaml$/,
    ],
    [
      'a role with colons',
      { name: 'system:a:b', apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
      /^system-a-b-clusterrole-[0-9a-f]{12}\.yaml$/,
    ],
    [
      'a name with dots',
      { name: 'a.example.org', kind: 'CustomResourceDefinition' },
      /^a-example-org-customresourcedefinition-[0-9a-f]{12}\.yaml$/,
    ],
    [
      'a name that would climb',
      { namespace: '..', name: '../../etc/passwd' },
      /^etc-passwd-configmap-[0-9a-f]{12}\.yaml$/,
    ],
    [
      'a name that would hide',
      { namespace: '.sealift-x', name: 'one' },
      /^sealift-x-one-configmap-[0-9a-f]{12}\.yaml$/,
    ],
    ['a name in other letters', { namespace: 'a', name: 'Ä b\n\0%' }, /^a-b-configmap-[0-9a-f]{12}\.yaml$/],
    ['a name without any letter', { name: '%%', kind: '%' }, /^[0-9a-f]{12}\.yaml$/],
  ])('are named after their object: %s', async (_behaviour, object, file) => {
    await under.target.write(named(object), keep, idle);
    expect(await readdir(under.directory)).toEqual([expect.stringMatching(file)]);
    expect(await under.target.observe(refOf(named(object)), named(object), idle)).toMatchObject({
      matches: true,
    });
  });

  it('have names that k3s takes, and stay apart when they are cut', async () => {
    const long = (last: string): KubernetesObject =>
      named({
        namespace: 'n'.repeat(63),
        name: `${'x'.repeat(252)}${last}`,
        apiVersion: `${'g'.repeat(253)}/v1`,
        kind: 'K'.repeat(63),
      });
    for (const object of [long('a'), long('b')]) await under.target.write(object, keep, idle);
    const files = await readdir(under.directory);
    expect(files.map((file) => file.length <= 253 - 32)).toEqual([true, true]);
    expect(await under.target.observe(refOf(long('a')), long('a'), idle)).toMatchObject({ matches: true });
    expect(await under.target.observe(refOf(long('b')), long('b'), idle)).toMatchObject({ matches: true });
  });

  it('are for their owner alone, since an object may be a Secret', async () => {
    await under.target.write(one, keep, idle);
    expect((await stat(under.fileOf(oneRef))).mode & 0o777).toBe(0o600);
  });

  it('say who wrote them, and when they were written nowhere', async () => {
    await under.target.write(one, keep, idle);
    expect(await readFile(under.fileOf(oneRef), 'utf8')).toBe(
      `# Delivered by Sealift: edits are reverted. Change the source instead.
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
  namespace: shop
data:
  key: value
`,
    );
  });

  it('are refused beyond 8 MiB, before anything is written', async () => {
    const large = configMap('one', { data: { key: 'x'.repeat(9_000_000) } });
    await expect(under.target.write(large, keep, idle)).rejects.toMatchObject({
      code: 'TARGET_FAILED',
      message: expect.stringMatching(
        /^ConfigMap\/shop\/one: expected at most 8388608 bytes of YAML, got 9\d+$/,
      ),
    });
    await expect(readdir(under.directory)).rejects.toThrow('ENOENT');
  });

  it('are not even read beyond 8 MiB', async () => {
    await under.edit(oneRef, 'x'.repeat(9_000_000));
    const detail = '9000000 bytes, more than 8388608';
    expect(await under.target.observe(oneRef, one, idle)).toEqual({ kind: 'unreadable', detail });
  });
});

describe('what is no file at the place of an object', () => {
  const things: [string, (path: string) => Promise<unknown> | unknown][] = [
    ['a directory', (path) => mkdir(path)],
    ['a symbolic link', (path) => symlink('/etc/hostname', path)],
  ];

  it.each(things)('blocks it, and is not opened: %s', async (detail, make) => {
    await mkdir(under.directory, { recursive: true });
    await make(under.fileOf(oneRef));
    for (const desired of [one, undefined]) {
      expect(await under.target.observe(oneRef, desired, idle)).toEqual({ kind: 'blocked', detail });
    }
  });

  it('stays whole when a directory is written over by mistake', async () => {
    await mkdir(under.fileOf(oneRef), { recursive: true });
    await writeFile(join(under.fileOf(oneRef), 'precious'), '');
    await expect(under.target.write(one, keep, idle)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    await expect(under.target.remove(oneRef, idle)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    expect(await readdir(under.fileOf(oneRef))).toEqual(['precious']);
    expect(await readdir(under.directory)).toEqual([fileNameOf(oneRef)]);
  });

  it('is replaced, not followed, when it is a link that came after the look', async () => {
    const elsewhere = join(under.directory, '..', 'elsewhere');
    await mkdir(under.directory, { recursive: true });
    await writeFile(elsewhere, 'precious');
    await symlink(elsewhere, under.fileOf(oneRef));
    await under.target.write(one, keep, idle);
    expect(await readFile(elsewhere, 'utf8')).toBe('precious');
    expect((await lstat(under.fileOf(oneRef))).isFile()).toBe(true);
  });
});

describe('a directory target', () => {
  const temporary = '.sealift-0b8e7a52-1c1d-4f3e-9a10-5f6f0c0d7e11';

  it('makes its directory when it first writes, not when it looks', async () => {
    await under.target.observe(oneRef, one, idle);
    await expect(stat(under.directory)).rejects.toThrow('ENOENT');
    await under.target.write(one, keep, idle);
    expect((await stat(under.directory)).isDirectory()).toBe(true);
  });

  it('makes it again when somebody deleted it', async () => {
    await under.target.write(one, keep, idle);
    await rm(under.directory, { recursive: true });
    await under.target.remove(oneRef, idle);
    await under.target.write(one, keep, idle);
    expect(await readdir(under.directory)).toEqual([fileNameOf(oneRef)]);
  });

  it('clears away before its first write, and not by a look, what killed writes of ours left behind, and nothing else', async () => {
    await mkdir(under.directory, { recursive: true });
    const foreign = ['.sealift-notes', '.sealift-', 'notes.yaml', `${temporary}.yaml`];
    for (const name of [temporary, ...foreign]) await writeFile(join(under.directory, name), 'x');
    await under.target.observe(oneRef, one, idle);
    expect((await readdir(under.directory)).sort()).toEqual([temporary, ...foreign].sort());
    await under.target.write(one, keep, idle);
    expect((await readdir(under.directory)).sort()).toEqual([...foreign, fileNameOf(oneRef)].sort());
  });

  it('writes although another process clears its temporary files away', async () => {
    const objects = Array.from({ length: 30 }, (_, at) => configMap(`m${at}`));
    // Fewer than a write has tries, so that it cannot be unlucky every time.
    const others = objects.slice(0, 8).map(async (_object, at) => {
      await new Promise((resolve) => setTimeout(resolve, at * 4));
      await createDirectoryTarget({ directory: under.directory }).observe(oneRef, one, idle);
    });
    for (const object of objects) await under.target.write(object, keep, idle);
    await Promise.all(others);
    expect((await readdir(under.directory)).length).toBe(30);
  });

  it('never takes a directory that is a file for an empty one', async () => {
    const target = createDirectoryTarget({ directory: join(under.directory, 'file') });
    await mkdir(under.directory, { recursive: true });
    await writeFile(join(under.directory, 'file'), '');
    const failure = { code: 'TARGET_FAILED', cause: { code: 'ENOTDIR' } };
    await expect(target.observe(oneRef, one, idle)).rejects.toMatchObject(failure);
    await expect(target.remove(oneRef, idle)).rejects.toMatchObject(failure);
    await expect(target.write(one, keep, idle)).rejects.toMatchObject(failure);
    await expect(target.watch(() => undefined, idle)).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });
});

describe('the watch of a directory', () => {
  async function watched(
    act: (told: readonly (ObjectRef | undefined)[]) => Promise<unknown>,
  ): Promise<(string | undefined)[]> {
    const told: (ObjectRef | undefined)[] = [];
    const stop = new AbortController();
    const ended = under.target.watch((ref) => told.push(ref), stop.signal);
    await expect.poll(() => told.length, { interval: 5 }).toBe(1);
    await act(told);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await ended;
    return told.map((ref) => ref?.name);
  }

  it('is deaf to files that belong to no object, temporary ones among them', async () => {
    await under.target.write(one, keep, idle);
    const told = await watched(async () => {
      for (const name of [
        'notes.yaml',
        '.sealift-x',
        fileNameOf(refOf(named({ namespace: 'shop', name: 'two' }))),
      ]) {
        await writeFile(join(under.directory, name), 'x');
      }
    });
    expect(told).toEqual([undefined]);
  });

  it('tells the changes of one moment together, each object once', async () => {
    for (const name of ['one', 'two']) await under.target.write(configMap(name), keep, idle);
    const told = await watched(async () => {
      for (let at = 0; at < 3; at += 1) await under.edit(oneRef, `${at}`);
      await under.edit(refOf(configMap('two')), undefined);
    });
    expect(new Set(told)).toEqual(new Set([undefined, 'one', 'two']));
    expect(told.length).toBeLessThan(6);
  });

  it.each([
    ['deleted', () => rm(under.directory, { recursive: true })],
    ['moved away', () => rename(under.directory, `${under.directory}-2`)],
    [
      'replaced',
      async () => {
        await rename(under.directory, `${under.directory}-2`);
        await mkdir(under.directory);
      },
    ],
  ])(
    'goes on with a directory that was %s, and says that anything may have changed',
    async (_behaviour, act) => {
      await under.target.write(one, keep, idle);
      const told = await watched(async (soFar) => {
        await act();
        await expect.poll(() => soFar.length, { interval: 5 }).toBeGreaterThan(1);
        await expect.poll(() => stat(under.directory).catch(() => undefined), { interval: 5 }).toBeDefined();
        await new Promise((resolve) => setTimeout(resolve, 60));
        await under.edit(oneRef, 'x');
        await expect.poll(() => soFar.at(-1)?.name, { interval: 5 }).toBe('one');
      });
      expect(told.slice(1)).toContain(undefined);
      expect(told.at(-1)).toBe('one');
    },
  );

  it('sees that only the mode of a file changed', async () => {
    await under.target.write(one, keep, idle);
    expect(await watched(() => chmod(under.fileOf(oneRef), 0o644))).toEqual([undefined, 'one']);
  });
});
