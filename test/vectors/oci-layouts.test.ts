import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  copy,
  createMemoryStore,
  type Descriptor,
  type ImageLayout,
  type Manifest,
  OciError,
  openLayout,
  parseManifest,
  type Store,
  sha256,
} from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const vectors = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url));
const layouts = join(vectors, 'oci', 'layouts');
const cosignLayouts = join(vectors, 'cosign', 'layouts');
const manifests = join(vectors, 'oci', 'manifests', 'containers-image');
const missing = [layouts, cosignLayouts, manifests].filter((folder) => !existsSync(folder));
if (missing.length > 0) console.warn(`skipped: no vectors in ${missing.join(', ')}`);

const refName = 'org.opencontainers.image.ref.name';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OciError) return error.code;
    throw error;
  }
  return 'no error';
}

interface IndexJson {
  readonly manifests: readonly Descriptor[];
}

const indexOf = async (directory: string): Promise<IndexJson> =>
  JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as IndexJson;

async function blobsOf(directory: string): Promise<Descriptor[]> {
  const blobs = join(directory, 'blobs', 'sha256');
  return Promise.all(
    (await readdir(blobs)).map(async (name) => ({
      mediaType: 'application/octet-stream',
      digest: `sha256:${name}`,
      size: (await readFile(join(blobs, name))).byteLength,
    })),
  );
}

const open = (directory: string): Promise<ImageLayout> => openLayout(directory, { missing: 'refuse' });

const wholeLayouts =
  missing.length > 0
    ? []
    : [
        ...['test_index', 'test_gc_index', 'test_index_media_type'].map((name) =>
          join(layouts, 'google-go-containerregistry', name),
        ),
        join(layouts, 'containers-image', 'delete_image_multiple_images'),
        ...['testrepo', 'external'].map((name) => join(layouts, 'regclient-regclient', name)),
        ...(await readdir(cosignLayouts)).map((name) => join(cosignLayouts, name)),
      ];

interface Found {
  readonly digest: string;
  readonly subject: Descriptor | undefined;
}

async function manifestsOf(directory: string): Promise<Found[]> {
  const store = (await open(directory)).repository();
  const all: Found[] = [];
  for (const { digest } of await blobsOf(directory)) {
    const resolution = await store.resolve(digest).catch(() => undefined);
    if (resolution?.kind !== 'resolved') continue;
    const { subject } = readManifest(resolution.content) ?? {};
    all.push({ digest, subject });
  }
  return all;
}

function readManifest(content: Uint8Array): Manifest | undefined {
  try {
    return parseManifest(content);
  } catch {
    return undefined;
  }
}

async function compare(store: Store, to: Store, tag: string): Promise<void> {
  const [one, other] = [await store.resolve(tag), await to.resolve(tag)];
  if (one.kind === 'unchanged' || other.kind === 'unchanged') throw new Error('expected resolved manifests');
  expect(Buffer.from(other.content)).toEqual(Buffer.from(one.content));
  const referrers = async (of: Store): Promise<string[]> =>
    (await collect(of.referrers(one.descriptor))).map(({ digest }) => digest).sort();
  expect(await referrers(to)).toEqual(await referrers(store));
}

/** What is wrong in the layouts themselves: a manifest of another type than its descriptor says, a config of another size. */
const knownFaults: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  test_index: { '1': 'invalid', '2': 'invalid', '3': 'invalid', '4': 'invalid' },
  test_gc_index: { '1': 'invalid', '3': 'invalid', '4': 'invalid' },
  delete_image_multiple_images: { '1.0.0': 'size-mismatch' },
};

describe.skipIf(missing.length > 0)('image layouts that other tools wrote', () => {
  it.each(wholeLayouts)('%s: every blob, tag and digest of the index', async (directory) => {
    const store = (await open(directory)).repository();
    for (const blob of await blobsOf(directory)) {
      const content = Buffer.concat(await collect(store.fetch(blob)));
      expect([content.byteLength, sha256(content)]).toEqual([blob.size, blob.digest]);
    }
    const { manifests: entries } = await indexOf(directory);
    const tags = entries.map(({ annotations }) => annotations?.[refName]).filter((tag) => tag !== undefined);
    expect(await collect(store.tags())).toEqual([...new Set(tags)].sort());
    for (const entry of entries) {
      const tag = entry.annotations?.[refName];
      const { digest, size, mediaType } = entry;
      const references = tag === undefined ? [digest] : [digest, tag];
      for (const reference of references) {
        expect(await store.resolve(reference)).toMatchObject({ descriptor: { digest, size, mediaType } });
      }
    }
  });

  it.each(wholeLayouts)('%s: every referrer that the index lists', async (directory) => {
    const store = (await open(directory)).repository();
    const { manifests: entries } = await indexOf(directory);
    for (const { subject, digest } of await manifestsOf(directory)) {
      if (subject === undefined || !entries.some((entry) => entry.digest === digest)) continue;
      const found = (await collect(store.referrers(subject))).map((referrer) => referrer.digest);
      expect(found).toContain(digest);
      expect(found).not.toContain(subject.digest);
      expect(found).toEqual([...new Set(found)]);
    }
  });

  it.each(wholeLayouts)('%s: copied to another store with its referrers', async (directory) => {
    const store = (await open(directory)).repository();
    const faults: Record<string, string> = {};
    for (const tag of await collect(store.tags())) {
      const to = createMemoryStore();
      const fault = await codeOf(() => copy(store, to, tag, { referrers: true }));
      if (fault === 'no error') await compare(store, to, tag);
      else faults[tag] = fault;
    }
    expect(faults).toEqual(knownFaults[basename(directory)] ?? {});
  });

  const expectedReferrers: readonly (readonly [string, number, string | undefined])[] = [
    ['bundle-p256', 1, 'application/vnd.dev.sigstore.bundle.v0.3+json'],
    ['attest-bundle', 2, 'application/vnd.dev.sigstore.bundle.v0.3+json'],
    ['two-keys-bundle', 2, 'application/vnd.dev.sigstore.bundle.v0.3+json'],
    ['legacy-referrer', 1, 'application/vnd.dev.cosign.artifact.sig.v1+json'],
    ['legacy-p256', 0, undefined],
    ['unsigned', 0, undefined],
  ];
  it.each(expectedReferrers)('cosign %s: %i referrers of tag v1', async (name, count, artifactType) => {
    const store = (await open(join(cosignLayouts, name))).repository();
    const resolution = await store.resolve('v1');
    if (resolution.kind !== 'resolved') throw new Error('resolved expected');
    const found = await collect(store.referrers(resolution.descriptor));
    expect(found.map((referrer) => referrer.artifactType)).toEqual(Array(count).fill(artifactType));
    const filter = artifactType === undefined ? {} : { artifactType };
    expect(await collect(store.referrers(resolution.descriptor, filter))).toHaveLength(count);
    expect(await collect(store.referrers(resolution.descriptor, { artifactType: 'a/b' }))).toEqual([]);
  });

  it('serves bare tags under any repository name', async () => {
    const layout = await open(join(cosignLayouts, 'bundle-p256'));
    const named = layout.repository('any/name');
    expect(await collect(named.tags())).toContain('v1');
    expect(await named.resolve('v1')).toMatchObject({ kind: 'resolved' });
  });
});

describe.skipIf(missing.length > 0)('image layouts that are not whole', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oci-vectors-'));
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it('lists the tags of a layout without blobs, and says of each that it is not there', async () => {
    const store = (await open(join(layouts, 'olareg-olareg', 'corrupt'))).repository();
    const tags = await collect(store.tags());
    expect(tags).toHaveLength(13);
    for (const tag of tags) expect(await codeOf(() => store.resolve(tag))).toBe('not-found');
  });

  it.each(['manifest', 'name_lookups'])('refuses %s, which has no oci-layout file', async (name) => {
    const folder = join(layouts, 'containers-image', name);
    expect(await codeOf(() => open(folder))).toBe('invalid');
    const completed = join(directory, name);
    await cp(folder, completed, { recursive: true, mode: 0 });
    await writeFile(join(completed, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const store = (await open(completed)).repository();
    for (const tag of await collect(store.tags())) {
      expect(await codeOf(() => store.resolve(tag))).toBe('not-found');
    }
    expect(await collect(store.tags())).not.toEqual([]);
  });
});

const kinds: Readonly<Record<Manifest['kind'], readonly string[]>> = {
  image: [
    'oci1-artifact',
    'oci1-extra-config-fields',
    'oci1-invalid-media-type',
    'oci1.encrypted',
    'oci1',
    'ociv1.invalid.mediatype.manifest',
    'ociv1.nondistributable.gzip.manifest',
    'ociv1.nondistributable.manifest',
    'ociv1.nondistributable.zstd.manifest',
    'ociv1.uncompressed.manifest',
    'ociv1.zstd.manifest',
    'ociv1nomime.manifest',
    'schema2-all-media-types',
    'schema2-invalid-media-type',
    'schema2',
    'v2s2.everything',
    'v2s2.nondistributable.gzip.manifest',
    'v2s2nomime.manifest',
  ],
  index: [
    'oci1.index.everything',
    'oci1.index.zstd-selection2',
    'oci1index',
    'schema2list-variants',
    'schema2list',
    'v2list.everything',
    'v2list.manifest',
  ],
};

const refused: readonly (readonly [string, string])[] = [
  ['non-json.manifest', 'invalid'],
  ['oci1-config', 'invalid'],
  ['ociv1.artifact', 'invalid'],
  ['unknown-version.manifest', 'invalid'],
  ['v2s1.manifest', 'unsupported'],
];

describe.skipIf(missing.length > 0)('single manifests', () => {
  const read = (name: string): Promise<Buffer> => readFile(join(manifests, `${name}.json`));

  it.each(Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)))(
    '%s is an %s',
    async (name, kind) => {
      const content = await read(name);
      const manifest = parseManifest(content);
      expect(manifest.kind).toBe(kind);
      const body = JSON.parse(content.toString()) as { layers?: []; manifests?: []; mediaType?: string };
      const count = manifest.kind === 'image' ? manifest.layers.length : manifest.manifests.length;
      expect(count).toBe((body.layers ?? body.manifests)?.length);
      if (body.mediaType !== undefined) expect(manifest.mediaType).toBe(body.mediaType);
      const wrong = kind === 'image' ? 'index' : 'manifest';
      expect(() => parseManifest(content, `application/vnd.oci.image.${wrong}.v1+json`)).toThrow(OciError);
    },
  );

  it.each(refused)('%s is refused: %s', async (name, code) => {
    const content = await read(name);
    expect(await codeOf(async () => parseManifest(content))).toBe(code);
  });

  it('leaves no file out', async () => {
    const listed = [...kinds.image, ...kinds.index, ...refused.map(([name]) => name)];
    expect(listed.map((name) => `${name}.json`).sort()).toEqual((await readdir(manifests)).sort());
  });
});
