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

const folder = join(import.meta.dirname, '../../../shared/vectors/cosign');
const never = new AbortController().signal;

if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);

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

  it.each(['two-keys-bundle', 'two-keys-legacy'])(
    '%s satisfies 2 of 2, and no other pair does',
    async (name) => {
      const { store, artifact } = layoutOf(name);
      const both = { require: { atLeast: 2 } };
      expect(await judge(store, artifact, [pem('rsa2048'), pem('p256')], both)).toMatchObject({
        kind: 'accepted',
        signers: { length: 2 },
      });
      for (const other of keyNames.filter((key) => key !== 'rsa2048')) {
        const verdict = await judge(store, artifact, [pem('p256'), pem(other)], both);
        expect(verdict.kind).toBe('refused');
      }
    },
  );

  it('annotated-legacy shows what was signed with it', async () => {
    const { store, artifact } = layoutOf('annotated-legacy');
    expect(await judge(store, artifact, [pem('p256')])).toMatchObject({
      signers: [{ annotations: { env: 'prod' } }],
    });
  });

  describe.each(['attest-bundle', 'attest-legacy'])('%s', (name) => {
    const asks = (predicateType: string, change = {}) => ({
      attestations: [
        {
          name: 'built',
          predicateType,
          rules: [{ cel: "predicate.runDetails.builder.id == 'https://example.test/builder'" }],
        },
      ],
      ...change,
    });
    const provenance = 'https://slsa.dev/provenance/v1';

    it.each(keyNames)('attests with %s what it should', async (key) => {
      const { store, artifact } = layoutOf(name);
      const verdict = await judge(store, artifact, [pem(key)], asks(provenance, { require: 'none' }));
      expect(verdict.kind).toBe(key === 'p256' ? 'accepted' : 'refused');
    });

    it('is signed and attested', async () => {
      const { store, artifact } = layoutOf(name);
      expect(await judge(store, artifact, [pem('p256')], asks(provenance))).toMatchObject({
        kind: 'accepted',
      });
    });

    it('attests nothing of another type, and not by being signed', async () => {
      const { store, artifact } = layoutOf(name);
      for (const type of ['https://slsa.dev/provenance/v0.2', 'https://sigstore.dev/cosign/sign/v1']) {
        expect(await judge(store, artifact, [pem('p256')], asks(type))).toMatchObject({ kind: 'refused' });
      }
    });

    it('attack 08: attests nothing of another artifact', async () => {
      const { store, artifact } = layoutOf(name);
      const { artifact: victim } = layoutOf('unsigned');
      const moved: ReadStore = {
        ...readableStore(store),
        resolve: (reference, options) =>
          store.resolve(reference.replace(hex(victim.descriptor), hex(artifact.descriptor)), options),
        referrers: (_subject, options) => store.referrers(artifact.descriptor, options),
      };
      const spec = asks(provenance, { require: 'none' });
      expect(await judge(moved, victim, [pem('p256')], spec)).toMatchObject({
        code: 'SIGNATURE_WRONG_DIGEST',
      });
    });
  });

  it.each(['attest-bundle', 'attest-legacy'])(
    'attack 07: %s without its signature is not signed: the attestation is none',
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

  it('attack 07: attest-legacy: an attestation under the signature tag is none', async () => {
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

  it.each(movable)('attack 08: %s moved to another artifact is refused', async (name, [key = 'p256']) => {
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
    'attack 08: %s moved to another artifact is refused though its referrer is made to fit',
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
