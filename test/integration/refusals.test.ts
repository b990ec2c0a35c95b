import { sign as cryptoSign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Descriptor, type Intercept, mediaTypes, parseManifest, readAll, sha256 } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/index.ts';
import { tarOf } from '../fixtures/tar-builder.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;
let good: Readonly<Record<string, string>>;

/** Every test begins with a good revision in force. */
beforeEach(async () => {
  bench = await startSiteBench();
  await bench.push({ 'a.yaml': configMapYaml('a', 'good') }, { by: bench.trusted });
  expect((await bench.run()).failures).toEqual([]);
  good = await bench.delivered();
  expect(Object.keys(good)).toEqual([deliveredFile('a')]);
});

afterEach(() => bench.close());

const evil = { 'a.yaml': configMapYaml('a', 'evil'), 'b.yaml': configMapYaml('b', 'evil') };

/** The last good revision stays in force, under this code; and the next good one goes through. */
async function expectRefused(code: ErrorCode): Promise<void> {
  const { failures } = await bench.run();
  expect(failures.map(({ error }) => error.code)).toEqual([code]);
  expect(await bench.delivered()).toEqual(good);
  bench.intercept = undefined;
  await bench.push({ 'c.yaml': configMapYaml('c', 'next') }, { by: bench.trusted });
  expect((await bench.run()).failures).toEqual([]);
  expect(Object.keys(await bench.delivered())).toEqual([deliveredFile('c')]);
}

async function referrerOf(
  subject: Descriptor,
): Promise<{ manifest: Record<string, unknown>; descriptor: Descriptor }> {
  for await (const descriptor of bench.store.referrers(subject)) {
    const content = await readAll(bench.store.fetch(descriptor), 100_000, 'referrer');
    return { descriptor, manifest: JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown> };
  }
  throw new Error('no referrer');
}

async function pushManifest(manifest: unknown): Promise<Descriptor> {
  const content = new TextEncoder().encode(JSON.stringify(manifest));
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: sha256(content), size: content.length };
  await bench.store.push(descriptor, content);
  return descriptor;
}

function firstLayer(manifest: unknown): Descriptor {
  const parsed = parseManifest(new TextEncoder().encode(JSON.stringify(manifest)));
  const [layer] = parsed.kind === 'image' ? parsed.layers : [];
  if (layer === undefined) throw new Error('no layer');
  return layer;
}

/** A signature as cosign's older format has it: base64 over the payload's bytes. */
function signWith({ trusted }: SiteBench, content: Uint8Array): string {
  return cryptoSign('sha256', content, trusted.key).toString('base64');
}

const isLayer: (route: Parameters<Intercept>[2]) => boolean = (route) => route.kind === 'blob';

function answerBlob(answer: (response: ServerResponse) => void): Intercept {
  return (request, response, route) => {
    if (!isLayer(route) || request.method !== 'GET') return false;
    answer(response);
    return true;
  };
}

describe('signatures', () => {
  it('refuses an unsigned artifact', async () => {
    await bench.push(evil);
    await expectRefused('SIGNATURE_MISSING');
  });

  it('refuses an artifact signed by another key', async () => {
    await bench.push(evil, { by: bench.stranger });
    await expectRefused('SIGNATURE_KEY_UNKNOWN');
  });

  it('refuses the signature of another digest that was moved here', async () => {
    const signed = await bench.store.resolve('stable');
    if (signed.kind !== 'resolved') throw new Error('not resolved');
    const { manifest } = await referrerOf(signed.descriptor);
    const subject = await bench.push(evil);
    await pushManifest({ ...manifest, subject });
    await expectRefused('SIGNATURE_WRONG_DIGEST');
  });

  it('refuses a legacy signature of another digest under the tag of this one', async () => {
    const other = await bench.push(
      { 'x.yaml': configMapYaml('x', 'other') },
      { by: bench.trusted, tag: 'other' },
    );
    const payload = JSON.stringify({
      critical: {
        identity: { 'docker-reference': 'app' },
        image: { 'docker-manifest-digest': other.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    });
    const content = new TextEncoder().encode(payload);
    const layer = {
      mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      digest: sha256(content),
      size: content.length,
      annotations: { 'dev.cosignproject.cosign/signature': signWith(bench, content) },
    };
    const empty = new TextEncoder().encode('{}');
    const config = { mediaType: mediaTypes.ociConfig, digest: sha256(empty), size: 2 };
    await bench.store.push(layer, content);
    await bench.store.push(config, empty);
    const subject = await bench.push(evil);
    const signature = await pushManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config,
      layers: [layer],
    });
    await bench.store.tag(signature, `${subject.digest.replace(':', '-')}.sig`);
    await expectRefused('SIGNATURE_WRONG_DIGEST');
  });

  it('refuses a signature whose bytes were changed', async () => {
    const subject = await bench.push(evil, { by: bench.stranger });
    const { manifest, descriptor } = await referrerOf(subject);
    const layer = firstLayer(manifest);
    const text = new TextDecoder().decode(await readAll(bench.store.fetch(layer), 100_000, 'bundle'));
    const broken = new TextEncoder().encode(text.replace('"payloadType":"', '"payloadType":"x'));
    const changed = { ...layer, digest: sha256(broken), size: broken.length };
    await bench.store.push(changed, broken);
    await bench.store.delete(descriptor);
    await pushManifest({ ...manifest, layers: [changed] });
    await expectRefused('SIGNATURE_WRONG_TYPE');
  });
});

describe('bytes that are not what was signed', () => {
  it('refuses a layer in which one bit was changed', async () => {
    const { digest } = await bench.push(evil, { by: bench.trusted });
    const manifest = await bench.store.resolve(digest);
    if (manifest.kind !== 'resolved') throw new Error('not resolved');
    const layer = firstLayer(JSON.parse(new TextDecoder().decode(manifest.content)));
    const bytes = await readAll(bench.store.fetch(layer), 100_000, 'layer');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    bench.intercept = (request, response, route) => {
      if (request.method !== 'GET' || route.kind !== 'blob' || route.digest !== layer.digest) return false;
      response.end(bytes);
      return true;
    };
    await expectRefused('DIGEST_MISMATCH');
  });

  it('refuses a manifest that was exchanged for the one the tag was said to name', async () => {
    const signed = await bench.push({ 'a.yaml': configMapYaml('a', 'new') }, { by: bench.trusted });
    const unsigned = await bench.push(evil, { tag: 'other' });
    const other = await bench.store.resolve(unsigned.digest);
    bench.intercept = (_, response, route) => {
      if (route.kind !== 'manifest' || route.reference !== 'stable' || other.kind !== 'resolved')
        return false;
      response.setHeader('content-type', mediaTypes.ociManifest);
      response.setHeader('docker-content-digest', signed.digest);
      response.end(other.content);
      return true;
    };
    await expectRefused('SIGNATURE_MISSING');
  });

  it('refuses another manifest than the digest that the source is pinned to', async () => {
    const pinned = await bench.push({ 'a.yaml': configMapYaml('a', 'pinned') }, { by: bench.trusted });
    const other = await bench.store.resolve((await bench.push(evil, { by: bench.trusted })).digest);
    await bench.configure({ ref: { digest: pinned.digest } });
    bench.intercept = (_, response, route) => {
      if (route.kind !== 'manifest' || route.reference !== pinned.digest || other.kind !== 'resolved')
        return false;
      response.setHeader('content-type', mediaTypes.ociManifest);
      response.end(other.content);
      return true;
    };
    const { failures } = await bench.run();
    expect(failures.map(({ error }) => error.code)).toEqual(['DIGEST_MISMATCH']);
    expect(await bench.delivered()).toEqual(good);
  });
});

describe('hostile archives, although signed', () => {
  const yaml = configMapYaml('a', 'evil');
  const first = { name: 'b.yaml', body: configMapYaml('b', 'evil') };

  it.each([
    ['a path that climbs out', [first, { name: '../a.yaml', body: yaml }], 'ARCHIVE_PATH_UNSAFE'],
    ['an absolute path', [first, { name: '/etc/a.yaml', body: yaml }], 'ARCHIVE_PATH_UNSAFE'],
    ['a device', [first, { name: 'a', type: '3' }], 'ARCHIVE_ENTRY_REFUSED'],
    ['a file given twice', [first, { ...first, body: yaml }], 'ARCHIVE_DUPLICATE_ENTRY'],
    ['a file given twice but for case', [first, { ...first, name: 'B.yaml' }], 'ARCHIVE_DUPLICATE_ENTRY'],
  ] as const)('attack 21: refuses %s', async (_, entries, code) => {
    await bench.push(gzipSync(tarOf(...entries)), { by: bench.trusted });
    await expectRefused(code);
  });

  it('refuses a bomb', async () => {
    const zeros = Buffer.alloc(60 * 1024 * 1024);
    await bench.push(gzipSync(tarOf(first, { name: 'zeros', body: zeros })), { by: bench.trusted });
    await expectRefused('ARCHIVE_LIMIT_EXCEEDED');
  });

  it('attack 21: leaves links out and says so', async () => {
    const tar = tarOf(
      { name: 'c.yaml', body: configMapYaml('c', 'x') },
      { name: 'passwd.yaml', type: '2', linkname: '/etc/passwd' },
    );
    await bench.push(gzipSync(tar), { by: bench.trusted });
    expect((await bench.run()).failures).toEqual([]);
    expect(Object.keys(await bench.delivered())).toEqual([deliveredFile('c')]);
    expect(bench.events.filter(({ kind }) => kind === 'artifact-stored').at(-1)).toMatchObject({
      skipped: ['passwd.yaml'],
    });
  });
});

describe('artifacts that cannot be built, although signed', () => {
  const aliases = 'abcdefghi'
    .split('')
    .map((name, at) => `${name}: &${name} [${at === 0 ? '1' : `${`*${'abcdefghi'[at - 1]}, `.repeat(9)}1`}]`);
  const bomb = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${aliases.join('\n')}\n`;

  it.each([
    ['a YAML bomb', { 'a.yaml': bomb }, 'YAML_LIMIT_EXCEEDED'],
    ['broken YAML', { 'a.yaml': 'a: [' }, 'YAML_MALFORMED'],
    ['YAML that is no Kubernetes object', { 'a.yaml': 'hello: world\n' }, 'OBJECT_INVALID'],
    ['a tree without any object', { 'README.md': 'hello' }, 'BUILD_EMPTY'],
    [
      'one object written twice',
      { 'a.yaml': configMapYaml('a', '1'), 'b.yaml': configMapYaml('a', '2') },
      'OBJECT_DUPLICATE',
    ],
  ] as const)('refuses %s', async (_, tree, code) => {
    await bench.push(tree, { by: bench.trusted });
    await expectRefused(code);
  });

  it('refuses an artifact that is no archive of manifests', async () => {
    await bench.push(new TextEncoder().encode('just text'), { by: bench.trusted, mediaType: 'text/plain' });
    await expectRefused('LAYER_UNSUPPORTED');
  });
});

describe('a registry in trouble', () => {
  it('is away', async () => {
    bench.intercept = (request) => {
      request.socket.destroy();
      return true;
    };
    await expectRefused('REGISTRY_UNREACHABLE');
  });

  it('is slow', async () => {
    await bench.configure({ timeout: '1s' });
    await bench.push(evil, { by: bench.trusted });
    bench.intercept = () => true;
    await expectRefused('REGISTRY_TIMEOUT');
  });

  it('cuts the layer in the middle', async () => {
    await bench.push(evil, { by: bench.trusted });
    bench.intercept = answerBlob((response) => {
      response.writeHead(200, { 'content-length': '5000' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const { failures } = await bench.run();
    expect(failures.map(({ error }) => error.code)).toHaveLength(1);
    expect(['REGISTRY_UNREACHABLE', 'DIGEST_MISMATCH', 'REGISTRY_FAILED']).toContain(failures[0]?.error.code);
    expect(await bench.delivered()).toEqual(good);
    bench.intercept = undefined;
    expect((await bench.run()).failures).toEqual([]);
    expect(Object.keys(await bench.delivered())).toHaveLength(2);
  });

  it('loses the tag', async () => {
    bench.intercept = (_, response, route) => {
      if (route.kind !== 'manifest' || route.reference !== 'stable') return false;
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
      return true;
    };
    await expectRefused('REFERENCE_NOT_FOUND');
  });
});
