import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paxEntry, type TarFields, tarEntry, tarOf, zeroBlock } from '../../../test/fixtures/tar-builder.ts';
import {
  copy,
  createHasher,
  createMemoryStore,
  type LayoutArchive,
  OciError,
  openLayoutArchive,
  readAll,
} from '../index.ts';
import { blobOf, type Content, collect, config, image, imageOf, layer } from '../store-contract.ts';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-archive-'));
  file = join(directory, 'image.tar');
});
afterEach(async () => rm(directory, { recursive: true }));

const marker: TarFields = { name: 'oci-layout', body: '{"imageLayoutVersion":"1.0.0"}' };
const refName = 'org.opencontainers.image.ref.name';

/** As skopeo writes it: no media type, a name of its own. */
function indexJson(...named: readonly (readonly [Content, string?])[]): TarFields {
  const manifests = named.map(([{ descriptor }, name]) => ({
    ...descriptor,
    ...(name === undefined ? {} : { annotations: { [refName]: name } }),
  }));
  return { name: 'index.json', body: JSON.stringify({ schemaVersion: 2, manifests }) };
}

function blob({ descriptor, bytes }: Content): TarFields {
  return { name: `blobs/${descriptor.digest.replace(':', '/')}`, body: Buffer.from(bytes) };
}

const contents = [blob(layer), blob(config), blob(image)];

async function open(...parts: readonly (Buffer | TarFields)[]): Promise<LayoutArchive> {
  await writeFile(file, tarOf(...parts));
  return openLayoutArchive(file);
}

const whole = (): Promise<LayoutArchive> => open(...contents, indexJson([image, 'v1']), marker);

async function codeOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
    return 'no error';
  } catch (error) {
    if (error instanceof OciError) return error.code;
    throw error;
  }
}

describe('openLayoutArchive', () => {
  it('reads what skopeo writes: blobs first, then an index without media type', async () => {
    const store = (await whole()).repository();
    expect(await store.resolve('v1')).toMatchObject({ descriptor: image.descriptor });
    expect(Buffer.from(await readAll(store.fetch(layer.descriptor), 100, 'layer'))).toEqual(
      Buffer.from(layer.bytes),
    );
    expect(await collect(store.tags())).toEqual(['v1']);
    expect([await store.exists(config.descriptor), await store.exists(blobOf('no').descriptor)]).toEqual([
      true,
      false,
    ]);
  });

  it('is a source of copies, referrers and all', async () => {
    const signature = imageOf(blobOf('signature'), config, { subject: image.descriptor });
    const index = indexJson([image, 'v1'], [signature]);
    const archive = await open(...contents, blob(blobOf('signature')), blob(signature), index, marker);
    const to = createMemoryStore();
    const { pushed } = await copy(archive.repository(), to, 'v1', { referrers: true });
    expect(pushed).toBe(5);
    expect(await collect(to.referrers(image.descriptor))).toHaveLength(1);
  });

  it.each<readonly [string, ...(Buffer | TarFields)[]]>([
    ['files of other formats beside, as docker save has them', { name: 'manifest.json', body: '[]' }],
    ['names that begin with ./', { name: './', type: '5' }, { name: './extra', body: 'x' }],
    ['directories', { name: 'blobs/', type: '5' }, { name: 'blobs/sha256', type: '5' }],
    ['links, which are passed over', { name: 'latest', type: '2', linkname: 'index.json' }],
    ['a comment for all entries', paxEntry({ comment: 'made by git' }, 'g')],
  ])('reads an archive with %s', async (_what, ...extra) => {
    const archive = await open(...(extra as TarFields[]), ...contents, indexJson([image, 'v1']), marker);
    expect(await archive.repository().resolve('v1')).toMatchObject({ kind: 'resolved' });
  });

  it('reads an archive padded to whole records', async () => {
    const bytes = tarOf(...contents, indexJson([image, 'v1']), marker);
    await writeFile(file, Buffer.concat([bytes, Buffer.alloc(-bytes.length & 10_239)]));
    expect((await openLayoutArchive(file)).repositories()).toEqual([]);
  });

  it.each([
    ['a PAX path', (path: string) => paxEntry({ path, mtime: '1.5' })],
    ['a GNU long name', (path: string) => tarEntry({ name: '././@LongLink', type: 'L', body: `${path}\0` })],
  ])('finds content under %s, as sha512 needs it', async (_how, named) => {
    const bytes = Buffer.from('long');
    const hasher = createHasher('sha512');
    hasher.update(bytes);
    const digest = hasher.digest();
    const path = named(`blobs/${digest.replace(':', '/')}`);
    const archive = await open(path, { name: 'short', body: bytes }, indexJson(), marker);
    const descriptor = { mediaType: 'text/plain', digest, size: 4 };
    expect(Buffer.from(await readAll(archive.repository().fetch(descriptor), 4, 'long'))).toEqual(bytes);
  });

  it('refuses content that is not what its name says, when it is read', async () => {
    const name = blob(layer).name;
    const archive = await open({ name, body: 'other content' }, indexJson(), marker);
    const reading = readAll(archive.repository().fetch(layer.descriptor), 100, 'layer');
    expect(await codeOf(reading)).toBe('digest-mismatch');
  });

  it('keeps tags of repositories apart', async () => {
    const archive = await open(...contents, indexJson([image, 'a/b:v1'], [image, 'v2']), marker);
    expect(archive.repositories()).toEqual(['a/b']);
    expect(await collect(archive.repository('a/b').tags())).toEqual(['v1', 'v2']);
  });

  const index = indexJson([image, 'v1']);
  it.each<readonly [string, string, ...(Buffer | TarFields)[]]>([
    ['without oci-layout', 'invalid', index],
    ['without index.json', 'invalid', marker],
    ['of another version', 'unsupported', index, { name: 'oci-layout', body: '{"imageLayoutVersion":"2"}' }],
    ['whose index is a link', 'invalid', { name: 'index.json', type: '2', linkname: '/etc/passwd' }, marker],
    ['with the index twice', 'invalid', index, marker, index],
    [
      'with the index twice, once as ./index.json',
      'invalid',
      index,
      marker,
      { ...index, name: './index.json' },
    ],
    ['with a link of the same name', 'invalid', index, marker, { name: 'index.json', type: '2' }],
    ['with a path that leads out', 'invalid', index, marker, { name: '../x' }],
    ['with an absolute path', 'invalid', index, marker, { name: '/x' }],
    ['with a device', 'invalid', index, marker, { name: 'x', type: '3' }],
    ['with a sparse file', 'invalid', index, marker, { name: 'x', type: 'S' }],
    ['with a directory that has a body', 'invalid', index, marker, { name: 'x', type: '5', body: 'y' }],
    ['with a file named as a directory', 'invalid', index, marker, { name: 'x/', body: 'y' }],
    ['with a wrong checksum', 'invalid', index, marker, { name: 'x', checksum: 1 }],
    ['without magic', 'invalid', index, marker, { name: 'x', magic: '\0\0\0\0\0\0\0\0' }],
    [
      'with a base-256 size',
      'invalid',
      index,
      marker,
      { name: 'x', size: Buffer.from('800000000000000000000001', 'hex') },
    ],
    ['with two sizes', 'invalid', index, marker, paxEntry({ size: '9' }), { name: 'x', body: 'y' }],
    ['with two extended headers', 'invalid', paxEntry({ path: 'a' }), paxEntry({ path: 'b' }), index, marker],
    ['with a PAX record for all entries', 'invalid', paxEntry({ path: 'a' }, 'g'), index, marker],
    ['with an extended header at the end', 'invalid', index, marker, paxEntry({ path: 'a' })],
    ['with a huge extended header', 'invalid', paxEntry({ comment: 'x'.repeat(70_000) }), index, marker],
    ['with more behind the end', 'invalid', index, marker, zeroBlock, zeroBlock, { name: 'x' }],
    ['with an entry behind one block of zeros', 'invalid', index, marker, zeroBlock, { name: 'x' }],
    ['with a name that is not UTF-8', 'invalid', index, marker, { name: Buffer.from([0xff, 0xfe]) }],
  ])('refuses an archive %s', async (_what, code, ...parts) => {
    expect(await codeOf(open(...(parts as TarFields[])))).toBe(code);
  });

  it('refuses what ends early, wherever it is cut', async () => {
    const bytes = tarOf(index, marker);
    for (const length of [0, 100, 512, 600, 1024, bytes.length - 1024, bytes.length - 512]) {
      await writeFile(file, bytes.subarray(0, length));
      expect(await codeOf(openLayoutArchive(file))).toBe('invalid');
    }
  });

  it('says that a compressed archive is one, and a missing one missing', async () => {
    await writeFile(file, Buffer.from('1f8b0800', 'hex'));
    expect(await codeOf(openLayoutArchive(file))).toBe('unsupported');
    expect(await codeOf(openLayoutArchive(join(directory, 'none')))).toBe('not-found');
    expect(await codeOf(openLayoutArchive(directory))).toBe('invalid');
  });

  it('ends with an error of its own or reads the truth, whatever bytes are changed', async () => {
    const bytes = tarOf(...contents, index, marker);
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const hostile = Buffer.from(bytes);
        for (const [at, byte] of changed) hostile[at] = byte;
        await writeFile(file, hostile);
        try {
          const found = await (await openLayoutArchive(file)).repository().resolve('v1');
          if (found.kind === 'resolved') expect(Buffer.from(found.content)).toEqual(Buffer.from(image.bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(OciError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
