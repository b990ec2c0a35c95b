import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, BuildSite, FakeExec } from '../../../test/fixtures/build-site.ts';
import { ageKey, secretYamlFile } from '../../../test/fixtures/sops-files.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
  site.write({ 'a.yaml': 'apiVersion: v1\nkind: X\nmetadata: {name: "${v}"}\n' });
});
afterEach(() => site.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const values = (v: string): unknown => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'values', namespace: 'shop' },
  stringData: { v },
});
const fromSecret = { substituteFrom: [{ kind: 'Secret', name: 'values' }] };
const asked: Asked = { desired: [values('one')], spec: { postBuild: fromSecret } };

describe('a second build', () => {
  it('of the same is no work', async () => {
    const build = site.stage({ cacheBytes: 100_000 });
    const first = await build(asked);
    // A tree never changes; that it is not read again shows that it was not built again.
    site.write({ 'a.yaml': 'not read' });
    expect(await build(asked)).toEqual(first);
    expect(await build({ ...asked, desired: [values('one')] })).toEqual(first);
  });

  it('gives the objects that are still there', async () => {
    const build = site.stage({ cacheBytes: 100_000 });
    const first = await build(asked);
    expect(await build(asked)).toBe(first);
    expect(await build(asked)).toBe(first);
  });

  const other = 'apiVersion: v1\nkind: X\nmetadata: {name: b, labels: {v: "${v}"}}\n';
  it.each<[string, Asked]>([
    ['another value of a Secret', { ...asked, desired: [values('two')] }],
    ['another spec', { ...asked, spec: { ...asked.spec, commonMetadata: { labels: { a: 'b' } } } }],
    ['another annotation', { ...asked, annotations: { 'sealift.dev/allow-empty': 'true' } }],
    ['another artifact', { ...asked, digest: 'sha256:01' }],
  ])('builds again for %s', async (_what, changed) => {
    const build = site.stage({ cacheBytes: 100_000 });
    const first = await build(asked);
    site.write({ 'a.yaml': other });
    expect((await build(changed)).objects).not.toEqual(first.objects);
  });

  it('fails where a value has gone, as a first one would', async () => {
    const build = site.stage({ cacheBytes: 100_000 });
    await build(asked);
    await expect(build({ ...asked, desired: [] })).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  it('is work where results together are larger than the limit, and keeps nothing of the failed', async () => {
    const build = site.stage({ cacheBytes: 100 });
    const first = await build(asked);
    site.write({ 'a.yaml': other });
    expect(await build(asked)).not.toEqual(first);
    site.write({ 'a.yaml': '' });
    await expect(build(asked)).rejects.toMatchObject({ code: 'BUILD_EMPTY' });
  });

  it('lets the result go that was asked for longest ago', async () => {
    const build = site.stage({ cacheBytes: 500 });
    const of = (name: string): Asked => ({ ...asked, name });
    const [a, b] = [await build(of('a')), await build(of('b'))];
    site.write({ 'a.yaml': other });
    expect(await build(of('a'))).toEqual(a);
    await build(of('c'));
    expect(await build(of('a'))).toEqual(a);
    expect(await build(of('b'))).not.toEqual(b);
  });

  it.each([
    ['1152921504606846977', 1152921504606846977n],
    ['1.5', 1.5],
    ['true', true],
    ['"1152921504606846977"', '1152921504606846977'],
    ['{__proto__: {a: 1}}', JSON.parse('{"__proto__":{"a":1}}')],
  ])('has %s as the first one had it, when nobody has that any more', async (text, value) => {
    const build = site.stage({ cacheBytes: 100_000 });
    site.write({ 'a.yaml': `apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {value: ${text}}\n` });
    await build({});
    site.write({ 'a.yaml': 'not read' });
    await setImmediate();
    collectGarbage();
    const { objects } = await build({});
    expect(objects).toEqual([{ apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, spec: { value } }]);
  });

  it('with kustomize is none either, until the program is another one', async () => {
    const kustomize = join(site.root, 'kustomize');
    copyFileSync('/bin/true', kustomize);
    site.write({ 'kustomization.yaml': 'resources: [a.yaml]\n' });
    const exec = new FakeExec('apiVersion: v1\nkind: X\nmetadata: {name: a}\n');
    const build = site.stage({ cacheBytes: 100_000, exec, kustomize });
    await build({});
    await build({});
    expect(exec.requests).toHaveLength(1);
    writeFileSync(kustomize, '#!/bin/sh\n');
    await build({});
    expect(exec.requests).toHaveLength(2);
  });

  it('that decrypts is work each time', async () => {
    site.write({ 'a.yaml': secretYamlFile });
    const keys = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'shop' } };
    const desired = [{ ...keys, stringData: { 'a.agekey': ageKey } }];
    const decrypting = {
      desired,
      spec: { decryption: { provider: 'sops', secretRef: { name: 'keys' } } },
    };
    const build = site.stage({ cacheBytes: 100_000 });
    expect(await build(decrypting)).not.toBe(await build(decrypting));
  });
});
