import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMemoryStore,
  type Descriptor,
  type ImageLayout,
  openLayout,
  parseManifest,
  type ReadStore,
  readAll,
} from 'oci-client-ts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/api/index.ts';
import { createVerifyStage, openPrivateKey } from '../../src/verify/index.ts';
import { readableStore } from '../fixtures/readable-store.ts';
import {
  contentOf,
  desiredState,
  keyPolicy,
  ociSource,
  push,
  type SignedContent,
} from '../fixtures/signed-artifact.ts';

// Signatures that real cosign wrote. ../../../shared/vectors/cosign/README.md is the table of right answers.

const vectors = join(import.meta.dirname, '../../../shared/vectors');
const folder = join(vectors, 'cosign');
const legacyFolder = join(vectors, 'oci/cosign-simplesigning/containers-image');
const never = new AbortController().signal;

if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);
if (!existsSync(legacyFolder)) console.warn(`skipped: no vectors in ${legacyFolder}`);

const pem = (name: string): string => readFileSync(join(folder, 'keys', `${name}.pub`), 'utf8');
const keyNames = ['p256', 'p384', 'p521', 'ed25519', 'rsa2048', 'rsa4096'] as const;
type KeyName = (typeof keyNames)[number];

/** Which keys accept each layout, and in which format the signature is. */
const accepting: Readonly<Record<string, readonly KeyName[]>> = {
  'bundle-p256': ['p256'],
  'bundle-p384': ['p384'],
  'bundle-p521': ['p521'],
  'bundle-rsa2048': ['rsa2048'],
  'bundle-rsa4096': ['rsa4096'],
  'bundle-ed25519': ['ed25519'],
  'legacy-p256': ['p256'],
  'legacy-p384': ['p384'],
  'legacy-p521': ['p521'],
  'legacy-rsa2048': ['rsa2048'],
  'legacy-rsa4096': ['rsa4096'],
  'legacy-ed25519': ['ed25519'],
  'legacy-referrer': ['p256'],
  'attest-bundle': ['p256'],
  'attest-legacy': ['p256'],
  'two-keys-bundle': ['rsa2048', 'p256'],
  'two-keys-legacy': ['rsa2048', 'p256'],
  'annotated-legacy': ['p256'],
  unsigned: [],
};

async function resolved(store: ReadStore, reference: string): Promise<SignedContent> {
  const resolution = await store.resolve(reference);
  if (resolution.kind !== 'resolved') throw new Error(`${reference} is unchanged`);
  return resolution;
}

function judge(
  store: ReadStore,
  { descriptor, content }: SignedContent,
  keys: readonly string[],
  spec = {},
): Promise<Verdict> {
  const stage = createVerifyStage({ openRepository: () => store });
  const desired = desiredState(keyPolicy('vector', keys, spec));
  return stage.verify(
    { source: ociSource(), desired, resolved: { revision: 'v1', manifest: descriptor, content } },
    never,
  );
}

describe.skipIf(!existsSync(folder))('signatures by cosign 3.1.3', () => {
  const layouts = new Map<string, { readonly store: ReadStore; readonly artifact: SignedContent }>();
  const layoutOf = (name: string) => {
    const found = layouts.get(name);
    if (found === undefined) throw new Error(`no layout ${name}`);
    return found;
  };

  beforeAll(async () => {
    for (const name of Object.keys(accepting)) {
      const layout: ImageLayout = await openLayout(join(folder, 'layouts', name), { missing: 'refuse' });
      const store = layout.repository();
      layouts.set(name, { store, artifact: await resolved(store, 'v1') });
    }
  });

  it('are all in the table', () => {
    expect(Object.keys(accepting).sort()).toEqual(readdirSync(join(folder, 'layouts')).sort());
    expect(
      readdirSync(join(folder, 'keys'))
        .filter((name) => name.endsWith('.pub'))
        .sort(),
    ).toEqual(keyNames.map((name) => `${name}.pub`).sort());
  });

  const pairs = Object.entries(accepting).flatMap(([layout, right]) =>
    keyNames.map((key) => [layout, key, right.includes(key) ? 'accepted' : 'refused'] as const),
  );

  it.each(pairs)('%s with %s: %s', async (name, key, expected) => {
    const { store, artifact } = layoutOf(name);
    const verdict = await judge(store, artifact, [pem(key)]);
    expect(verdict.kind).toBe(expected);
    const code = name === 'unsigned' ? 'SIGNATURE_MISSING' : 'SIGNATURE_KEY_UNKNOWN';
    if (verdict.kind === 'refused') expect(verdict.code).toBe(code);
  });

  it.each(Object.entries(accepting).filter(([, right]) => right.length > 0))(
    '%s in its own format alone',
    async (name, [key = 'p256']) => {
      const { store, artifact } = layoutOf(name);
      const isBundle = name.includes('bundle');
      const bundles = await judge(store, artifact, [pem(key)], { formats: ['bundle'] });
      const legacy = await judge(store, artifact, [pem(key)], { formats: ['legacy'] });
      expect([bundles.kind, legacy.kind]).toEqual(
        isBundle ? ['accepted', 'refused'] : ['refused', 'accepted'],
      );
    },
  );

  it.each(['two-keys-bundle', 'two-keys-legacy'])(
    '%s satisfies two policies of one key each',
    async (name) => {
      const { store, artifact } = layoutOf(name);
      const stage = createVerifyStage({ openRepository: () => store });
      const desired = desiredState(keyPolicy('first', [pem('rsa2048')]), keyPolicy('second', [pem('p256')]));
      const request = {
        source: ociSource(),
        desired,
        resolved: { revision: 'v1', manifest: artifact.descriptor, content: artifact.content },
      };
      expect(await stage.verify(request, never)).toMatchObject({
        kind: 'accepted',
        signers: [{ authority: 'first/key-0' }, { authority: 'second/key-0' }],
      });
      const missing = {
        ...request,
        desired: desiredState(keyPolicy('first', [pem('rsa2048')]), keyPolicy('second', [pem('rsa4096')])),
      };
      expect(await stage.verify(missing, never)).toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
    },
  );

  it.each(['attest-bundle', 'attest-legacy'])(
    '%s without its signature is not signed: the attestation is none',
    async (name) => {
      const { store, artifact } = layoutOf(name);
      const withoutSignature: ReadStore = {
        ...readableStore(store),
        resolve: (reference, options) => store.resolve(reference.replace(/[.]sig$/, '.none'), options),
        async *referrers(subject, options) {
          for await (const entry of store.referrers(subject, options)) {
            if (await isAttestation(store, entry)) yield entry;
          }
        },
      };
      const code = name === 'attest-bundle' ? 'SIGNATURE_WRONG_TYPE' : 'SIGNATURE_MISSING';
      expect(await judge(withoutSignature, artifact, [pem('p256')])).toMatchObject({ kind: 'refused', code });
    },
  );

  it('attest-legacy: an attestation under the signature tag is none', async () => {
    const { store, artifact } = layoutOf('attest-legacy');
    const swapped: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) => store.resolve(reference.replace(/[.]sig$/, '.att'), options),
    };
    expect(await judge(swapped, artifact, [pem('p256')])).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_TYPE',
    });
  });

  const movable = Object.entries(accepting).filter(([, right]) => right.length > 0);

  it.each(movable)('%s moved to another artifact is refused', async (name, [key = 'p256']) => {
    const { store, artifact } = layoutOf(name);
    const { artifact: victim } = layoutOf('unsigned');
    // Whatever is asked about the victim is answered with what lies beside the signed artifact.
    const own = artifact.descriptor;
    const moved: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) =>
        store.resolve(reference.replace(hex(victim.descriptor), hex(own)), options),
      referrers: (_subject, options) => store.referrers(own, options),
    };
    expect(await judge(moved, victim, [pem(key)])).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_DIGEST',
    });
  });

  it.each(movable.filter(([name]) => name.includes('bundle') || name === 'legacy-referrer'))(
    '%s moved to another artifact is refused though its referrer is made to fit',
    async (name, [key = 'p256']) => {
      const { store, artifact } = layoutOf(name);
      const { artifact: victim } = layoutOf('unsigned');
      const copy = createMemoryStore();
      for await (const entry of store.referrers(artifact.descriptor)) {
        const bytes = await readAll(store.fetch(entry), entry.size, entry.digest);
        const manifest = parseManifest(bytes);
        if (manifest.kind !== 'image') continue;
        for (const blob of [manifest.config, ...manifest.layers]) await copy.push(blob, store.fetch(blob));
        const { mediaType, digest, size } = victim.descriptor;
        const document = JSON.parse(Buffer.from(bytes).toString());
        await push(copy, contentOf(entry.mediaType, { ...document, subject: { mediaType, digest, size } }));
      }
      expect(await judge(copy, victim, [pem(key)])).toMatchObject({
        kind: 'refused',
        code: 'SIGNATURE_WRONG_DIGEST',
      });
    },
  );

  it('open with the private key that cosign stored', async () => {
    const text = readFileSync(join(folder, 'keys/p256.encrypted.key'), 'utf8');
    const { publicKey } = await openPrivateKey(text, 'test');
    expect(publicKey.key.export({ format: 'pem', type: 'spki' })).toBe(pem('p256'));
    await expect(openPrivateKey(text, 'Test')).rejects.toMatchObject({ code: 'KEY_PASSWORD_WRONG' });
  });
});

const hex = ({ digest }: Descriptor): string => digest.slice('sha256:'.length);

async function isAttestation(store: ReadStore, entry: Descriptor): Promise<boolean> {
  const bytes = await readAll(store.fetch(entry), entry.size, entry.digest);
  return Buffer.from(bytes).toString().includes('https://slsa.dev/provenance/v1');
}

interface StoredSignature {
  readonly mimeType: string;
  readonly payload: string;
  readonly annotations: Record<string, string>;
}

describe.skipIf(!existsSync(legacyFolder))('legacy signatures kept by containers/image', () => {
  const key = (name: string): string => readFileSync(join(legacyFolder, name), 'utf8');

  function signatureIn(path: string): StoredSignature {
    const text = readFileSync(join(legacyFolder, path), 'utf8');
    return JSON.parse(text.slice(text.indexOf('{')));
  }

  /** The signed manifest and cosign's tag beside it, made from the files. */
  async function judgeCase(folderName: string, signaturePath: string, keyName: string): Promise<Verdict> {
    const store = createMemoryStore();
    const content = readFileSync(join(legacyFolder, folderName, 'manifest.json'));
    const { descriptor } = contentOf(
      'application/vnd.docker.distribution.manifest.v2+json',
      content.toString(),
    );
    const { mimeType, payload, annotations } = signatureIn(signaturePath);
    const layer = contentOf(mimeType, Buffer.from(payload, 'base64').toString());
    const config = await push(store, contentOf('application/vnd.oci.image.config.v1+json', '{}'));
    await push(store, layer);
    const manifest = contentOf('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [{ ...layer.descriptor, annotations }],
    });
    await push(store, manifest);
    await store.tag(manifest.descriptor, `sha256-${hex(descriptor)}.sig`);
    return judge(store, { descriptor, content }, [key(keyName)]);
  }

  it.each([
    ['valid', 'cosign.pub', 'accepted', ''],
    ['valid', 'cosign2.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['key-rekor-valid', 'cosign2.pub', 'accepted', ''],
    ['key-rekor-valid', 'cosign.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['fulcio-rekor-valid', 'cosign.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['modified-manifest', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_DIGEST'],
    ['manifest-digest-error', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_DIGEST'],
    ['other-attachment', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_TYPE'],
  ])('%s with %s: %s %s', async (name, keyName, kind, code) => {
    const path = `dir-img-cosign-${name}`;
    const verdict = await judgeCase(path, join(path, 'signature-1'), keyName);
    expect(verdict).toMatchObject(code === '' ? { kind } : { kind, code });
  });

  it('by an unknown key: refused', async () => {
    const verdict = await judgeCase('dir-img-cosign-valid', 'unknown-cosign-key.signature', 'cosign.pub');
    expect(verdict).toMatchObject({ kind: 'refused', code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  it('of a manifest that is not there: refused beside any other', async () => {
    const verdict = await judgeCase(
      'dir-img-cosign-fulcio-rekor-valid',
      'dir-img-cosign-no-manifest/signature-1',
      'cosign.pub',
    );
    expect(verdict).toMatchObject({ kind: 'refused', code: 'SIGNATURE_WRONG_DIGEST' });
  });
});
