import { createMemoryStore, type Descriptor, mediaTypes, type ReadStore, type Store } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleOf,
  bundleType,
  contentOf,
  desiredState,
  envelopeOf,
  keyPolicy,
  legacyArtifactType,
  legacyLayer,
  newSigner,
  ociSource,
  payloadOf,
  push,
  pushArtifact,
  pushBundle,
  pushLegacy,
  type SignedContent,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import type { DesiredState, Verdict } from '../api/index.ts';
import { createVerifyStage } from './index.ts';

const signer = newSigner();
const stranger = newSigner();
const policy = desiredState(keyPolicy('release', [signer.publicPem]));
const never = new AbortController().signal;

let store: Store;
let artifact: SignedContent;
let other: SignedContent;

beforeEach(async () => {
  store = createMemoryStore();
  artifact = await pushArtifact(store, 'app');
  other = await pushArtifact(store, 'other');
});

function verdictOn(
  { descriptor: manifest, content }: SignedContent,
  { repository = store, desired = policy }: { repository?: ReadStore; desired?: DesiredState } = {},
): Promise<Verdict> {
  const stage = createVerifyStage({ openRepository: () => repository });
  const resolved = { revision: `v1@${manifest.digest}`, manifest, content };
  return stage.verify({ source: ociSource(), desired, resolved }, never);
}

const refusedWith = (code: string) => expect.objectContaining({ kind: 'refused', code });
const accepted = expect.objectContaining({ kind: 'accepted' });

const digest = (): string => artifact.descriptor.digest;
const signedBundle = (by = signer, of = artifact): Record<string, unknown> =>
  bundleOf(by, statementOf(of.descriptor.digest));
const signedLayer = (by = signer, of = artifact) => legacyLayer(by, payloadOf(of.descriptor.digest));
const subjectOf = ({ descriptor: { mediaType, digest: named, size } }: SignedContent): Descriptor => ({
  mediaType,
  digest: named,
  size,
});

const pushLegacyReferrer = (of: SignedContent, layers: Parameters<typeof pushLegacy>[2]) =>
  pushLegacy(store, of.descriptor, layers, { subject: subjectOf(of), artifactType: legacyArtifactType });

/** Puts a signature of `of`, made by `by`, beside the artifact: one for each format. */
const formats = {
  'sigstore bundle': (by = signer, of = artifact) =>
    pushBundle(store, artifact.descriptor, signedBundle(by, of)),
  'legacy tag': (by = signer, of = artifact) => pushLegacy(store, artifact.descriptor, [signedLayer(by, of)]),
  'legacy referrer': (by = signer, of = artifact) => pushLegacyReferrer(artifact, [signedLayer(by, of)]),
} as const;
const formatNames = Object.keys(formats) as (keyof typeof formats)[];

describe('a signature in each format', () => {
  it.each(formatNames)('%s by the key of the policy is accepted', async (format) => {
    const evidence = await formats[format]();
    const isBundle = format === 'sigstore bundle';
    expect(await verdictOn(artifact)).toEqual({
      kind: 'accepted',
      digest: digest(),
      signers: [
        {
          authority: 'release/key-0',
          keyId: signer.id,
          format: isBundle ? 'bundle' : 'legacy',
          evidence: isBundle ? evidence.descriptor.digest : signedLayer().content.descriptor.digest,
          times: [],
          annotations: {},
        },
      ],
      warnings: [],
    });
  });

  it.each(formatNames)('%s by another key is refused', async (format) => {
    await formats[format](stranger);
    const verdict = await verdictOn(artifact);
    expect(verdict).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
    expect(verdict).toMatchObject({ detail: expect.stringContaining(signer.id) });
  });

  it.each(formatNames)('%s of another digest, moved here, is refused', async (format) => {
    await formats[format](signer, other);
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_WRONG_DIGEST'));
  });

  it.each(formatNames)('%s by another key of another digest speaks for nobody', async (format) => {
    await formats[format](stranger, other);
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
  });

  it.each(formatNames)('%s beside another artifact does not cover this one', async (format) => {
    await formats[format]();
    expect(await verdictOn(other)).toEqual(refusedWith('SIGNATURE_MISSING'));
  });
});

describe('no signature', () => {
  it('is refused where a policy asks for one', async () => {
    const verdict = await verdictOn(artifact);
    expect(verdict).toEqual(refusedWith('SIGNATURE_MISSING'));
    expect(verdict).toMatchObject({ refusals: [{ subject: 'VerificationPolicy/default/release' }] });
  });

  it('is not asked for without any policy', async () => {
    expect(await verdictOn(artifact, { desired: desiredState() })).toEqual({
      kind: 'not-required',
      digest: digest(),
    });
  });

  it('is refused where there are policies for other sources alone, without a look at the registry', async () => {
    const desired = desiredState(
      keyPolicy('other', [signer.publicPem], { match: { repositories: ['other.test/**'] } }),
    );
    const untouchable = new Proxy({} as ReadStore, {
      get: () => {
        throw new Error('the registry was asked');
      },
    });
    expect(await verdictOn(artifact, { desired, repository: untouchable })).toEqual(
      refusedWith('POLICY_NO_MATCH'),
    );
  });
});

describe('a Sigstore bundle that is refused', () => {
  const statement = (change: Record<string, unknown> = {}) => statementOf(digest(), change);
  const sha = (): string => digest().slice(7);

  it.each<[string, string, () => unknown]>([
    [
      'of another predicate type',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ predicateType: 'https://slsa.dev/provenance/v1' })),
    ],
    [
      'of a predicate type with something behind it',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ predicateType: 'https://sigstore.dev/cosign/sign/v1/' })),
    ],
    [
      'of an empty predicate type',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ predicateType: '' })),
    ],
    [
      'of another statement type',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ _type: 'https://in-toto.io/Statement/v0.1' })),
    ],
    [
      'of another payload type',
      'SIGNATURE_WRONG_TYPE',
      () => ({ ...signedBundle(), dsseEnvelope: envelopeOf(signer, statement(), 'text/plain') }),
    ],
    [
      'with a message signature',
      'SIGNATURE_WRONG_TYPE',
      () => ({
        ...signedBundle(),
        dsseEnvelope: undefined,
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(sha(), 'hex').toString('base64') },
          signature: signer.sign(artifact.content).toString('base64'),
        },
      }),
    ],
    ['with both contents', 'SIGNATURE_MALFORMED', () => ({ ...signedBundle(), messageSignature: {} })],
    ['with no content', 'SIGNATURE_MALFORMED', () => ({ ...signedBundle(), dsseEnvelope: undefined })],
    [
      'with both key materials',
      'SIGNATURE_MALFORMED',
      () => ({
        ...signedBundle(),
        verificationMaterial: { publicKey: { hint: '' }, certificate: { rawBytes: 'AA==' } },
      }),
    ],
    ['with no key material', 'SIGNATURE_MALFORMED', () => ({ ...signedBundle(), verificationMaterial: {} })],
    [
      'with a certificate chain, which version 0.3 forbids',
      'SIGNATURE_MALFORMED',
      () => ({ ...signedBundle(), verificationMaterial: { x509CertificateChain: { certificates: [] } } }),
    ],
    [
      'with a certificate, where only keys may sign',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({ ...signedBundle(), verificationMaterial: { certificate: { rawBytes: 'AA==' } } }),
    ],
    [
      'of an unknown media type',
      'SIGNATURE_MALFORMED',
      () => ({ ...signedBundle(), mediaType: 'application/vnd.dev.sigstore.bundle.v9.9+json' }),
    ],
    [
      'of a media type with a suffix',
      'SIGNATURE_MALFORMED',
      () => ({ ...signedBundle(), mediaType: `${bundleType}EVIL` }),
    ],
    ['with an unknown field', 'SIGNATURE_MALFORMED', () => ({ ...signedBundle(), extra: true })],
    [
      'with a duplicate key',
      'SIGNATURE_MALFORMED',
      () => JSON.stringify(signedBundle()).replace('{', `{"mediaType":"${bundleType}",`),
    ],
    [
      'with no signature',
      'SIGNATURE_MALFORMED',
      () => ({ ...signedBundle(), dsseEnvelope: { ...envelopeOf(signer, statement()), signatures: [] } }),
    ],
    [
      'with two signatures',
      'SIGNATURE_MALFORMED',
      () => {
        const envelope = envelopeOf(signer, statement());
        const [signature] = envelope.signatures as unknown[];
        return { ...signedBundle(), dsseEnvelope: { ...envelope, signatures: [signature, signature] } };
      },
    ],
    [
      'with an empty signature',
      'SIGNATURE_MALFORMED',
      () => ({
        ...signedBundle(),
        dsseEnvelope: { ...envelopeOf(signer, statement()), signatures: [{ sig: '' }] },
      }),
    ],
    [
      'with 500 timestamps',
      'SIGNATURE_MALFORMED',
      () => ({
        ...signedBundle(),
        verificationMaterial: {
          publicKey: { hint: '' },
          timestampVerificationData: { rfc3161Timestamps: Array(500).fill({}) },
        },
      }),
    ],
    [
      'with 2,000 log entries',
      'SIGNATURE_MALFORMED',
      () => ({
        ...signedBundle(),
        verificationMaterial: { publicKey: { hint: '' }, tlogEntries: Array(2000).fill({}) },
      }),
    ],
    ['whose payload is no JSON', 'SIGNATURE_MALFORMED', () => bundleOf(signer, 'not JSON')],
    [
      'whose payload has a key twice',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, JSON.stringify(statement()).replace('{', '{"predicateType":"x",')),
    ],
    [
      'whose statement has an unknown field',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ extra: 1 })),
    ],
    ['without subject', 'SIGNATURE_MALFORMED', () => bundleOf(signer, statement({ subject: [] }))],
    [
      'with 1,025 subjects',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ subject: Array(1025).fill({ digest: { sha256: sha() } }) })),
    ],
    [
      'with 33 digests',
      'SIGNATURE_MALFORMED',
      () =>
        bundleOf(
          signer,
          statement({
            subject: [
              {
                digest: {
                  sha256: sha(),
                  ...Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`x${at}`, 'y'])),
                },
              },
            ],
          }),
        ),
    ],
    [
      'without digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: {} }] })),
    ],
    [
      'of the right digest under another algorithm',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha512: sha() } }] })),
    ],
    [
      'of the digest in capitals',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: sha().toUpperCase() } }] })),
    ],
    [
      'of the beginning of the digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: sha().slice(0, 32) } }] })),
    ],
    [
      'of an empty digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: '' } }] })),
    ],
    [
      'with a payload that was changed',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({
        ...signedBundle(),
        dsseEnvelope: {
          ...envelopeOf(signer, statement()),
          payload: Buffer.from(JSON.stringify(statement({ predicate: { a: 1 } }))).toString('base64'),
        },
      }),
    ],
    [
      'with the plain payload signed instead of its encoding',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({
        ...signedBundle(),
        dsseEnvelope: {
          ...envelopeOf(signer, statement()),
          signatures: [{ sig: signer.sign(Buffer.from(JSON.stringify(statement()))).toString('base64') }],
        },
      }),
    ],
    [
      'by a key of the policy’s curve with SHA-512',
      'SIGNATURE_KEY_UNKNOWN',
      () => bundleOf({ ...signer, sign: newSigner('p256', 'sha512').sign }, statement()),
    ],
    ['as a list', 'SIGNATURE_MALFORMED', () => '[]'],
    ['as null', 'SIGNATURE_MALFORMED', () => 'null'],
    ['as nothing', 'SIGNATURE_MALFORMED', () => ''],
  ])('%s: %s', async (_what, code, bundle) => {
    await pushBundle(store, artifact.descriptor, bundle());
    expect(await verdictOn(artifact)).toEqual(refusedWith(code));
  });

  it.each([
    ['white space', (text: string) => `${text} `],
    ['a line break', (text: string) => `${text.slice(0, 4)}\n${text.slice(4)}`],
    ['no padding', (text: string) => text.replace(/=+$/, '')],
    ['more padding', (text: string) => `${text}====`],
    ['the URL alphabet', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['stray characters', (text: string) => `${text.slice(0, 4)}!${text.slice(4)}`],
  ])('with %s in the base64', async (_what, change) => {
    // A payload whose base64 ends in padding and holds both special characters.
    const statement = JSON.stringify({ ...statementOf(digest()), predicate: { a: '~~~???>>>' } });
    const padded = `${statement}${' '.repeat((4 - (statement.length % 3)) % 3)}`;
    const envelope = envelopeOf(signer, padded);
    const encoded = String(envelope.payload);
    expect(encoded).toMatch(/[+/].*=$/);
    await pushBundle(store, artifact.descriptor, {
      ...signedBundle(),
      dsseEnvelope: { ...envelope, payload: change(encoded) },
    });
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it.each<[string, string, Parameters<typeof pushBundle>[3] | (() => Parameters<typeof pushBundle>[3])]>([
    ['with a layer of another type', 'SIGNATURE_MALFORMED', { layerType: 'application/json' }],
    [
      'with a layer type that only begins like a bundle',
      'SIGNATURE_MALFORMED',
      { layerType: `${bundleType}EVIL` },
    ],
    ['without layer', 'SIGNATURE_MALFORMED', { layers: [] }],
    ['without artifact type', 'SIGNATURE_MISSING', { manifest: { artifactType: undefined } }],
  ])('in a referrer %s: %s', async (_what, code, change) => {
    await pushBundle(
      store,
      artifact.descriptor,
      signedBundle(),
      typeof change === 'function' ? change() : change,
    );
    expect(await verdictOn(artifact)).toEqual(refusedWith(code));
  });

  it('in a referrer with two layers', async () => {
    const layer = await push(store, contentOf(bundleType, signedBundle()));
    await pushBundle(store, artifact.descriptor, '{}', { layers: [layer, layer] });
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('of 256 KiB and one byte, before it is fetched', async () => {
    const bundle = JSON.stringify(signedBundle());
    const layer = contentOf(bundleType, `${bundle}${' '.repeat(256 * 1024 + 1 - bundle.length)}`);
    await pushBundle(store, artifact.descriptor, '{}', { layers: [layer.descriptor] });
    const verdict = await verdictOn(artifact);
    expect(verdict).toEqual(refusedWith('SIGNATURE_MALFORMED'));
    expect(verdict).toMatchObject({
      detail: expect.stringContaining('expected at most 262144 bytes, got 262145'),
    });
  });
});

describe('a Sigstore bundle that is accepted', () => {
  const logEntry = {
    logIndex: '1',
    logId: { keyId: 'AA==' },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1',
    inclusionPromise: { signedEntryTimestamp: 'AA==' },
    inclusionProof: { rootHash: 'AA==', treeSize: '2', hashes: ['AA=='], checkpoint: { envelope: 'x' } },
    canonicalizedBody: 'AA==',
  };

  it.each<[string, () => unknown]>([
    [
      'without predicate, as cosign 3.0.0 to 3.0.4 write it',
      () => bundleOf(signer, statementOf(digest(), { predicate: undefined })),
    ],
    [
      'with a misleading key hint',
      () => ({ ...signedBundle(), verificationMaterial: { publicKey: { hint: '__proto__' } } }),
    ],
    [
      'with the other spelling of version 0.3',
      () => ({ ...signedBundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' }),
    ],
    [
      'of version 0.1',
      () => ({ ...signedBundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1' }),
    ],
    [
      'of version 0.2',
      () => ({ ...signedBundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
    ],
    [
      'with a log entry and a timestamp that no key asks for',
      () => ({
        ...signedBundle(),
        verificationMaterial: {
          publicKey: { hint: '' },
          tlogEntries: [logEntry],
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AA==' }] },
        },
      }),
    ],
    [
      'with the artifact as the second subject',
      () =>
        bundleOf(
          signer,
          statementOf(digest(), {
            subject: [{ digest: { sha256: 'x' } }, { name: 'app', digest: { sha256: digest().slice(7) } }],
          }),
        ),
    ],
    [
      'with signed annotations',
      () =>
        bundleOf(
          signer,
          statementOf(digest(), {
            subject: [{ digest: { sha256: digest().slice(7) }, annotations: { env: 'prod' } }],
          }),
        ),
    ],
    [
      'with a key id in the envelope',
      () => {
        const envelope = envelopeOf(signer, statementOf(digest()));
        const [signature] = envelope.signatures as object[];
        return {
          ...signedBundle(),
          dsseEnvelope: { ...envelope, signatures: [{ ...signature, keyid: '' }] },
        };
      },
    ],
  ])('%s', async (_what, bundle) => {
    await pushBundle(store, artifact.descriptor, bundle());
    expect(await verdictOn(artifact)).toEqual(accepted);
  });
});

describe('a legacy signature that is refused', () => {
  const critical = (change: Record<string, unknown>) => {
    const payload = payloadOf(digest());
    return { ...payload, critical: { ...(payload.critical as object), ...change } };
  };
  const signed = (payload: unknown) => legacyLayer(signer, payload);
  const annotated = (annotations: Record<string, string>) => ({ ...signedLayer(), annotations });
  const signature = (): string => signedLayer().annotations['dev.cosignproject.cosign/signature'] ?? '';
  const respelled = (change: (text: string) => string) =>
    annotated({ 'dev.cosignproject.cosign/signature': change(signature()) });

  it.each<[string, string, () => ReturnType<typeof legacyLayer>]>([
    [
      'of another type',
      'SIGNATURE_WRONG_TYPE',
      () => signed(critical({ type: 'atomic container signature' })),
    ],
    ['of an empty type', 'SIGNATURE_WRONG_TYPE', () => signed(critical({ type: '' }))],
    ['without type', 'SIGNATURE_MALFORMED', () => signed(critical({ type: undefined }))],
    ['without critical', 'SIGNATURE_MALFORMED', () => signed({ optional: null })],
    ['with a further field in critical', 'SIGNATURE_MALFORMED', () => signed(critical({ extra: 1 }))],
    [
      'with a further field beside it',
      'SIGNATURE_MALFORMED',
      () => signed({ ...payloadOf(digest()), extra: 1 }),
    ],
    [
      'with the digest under a name in other case',
      'SIGNATURE_MALFORMED',
      () => signed(critical({ image: { 'Docker-manifest-digest': digest() } })),
    ],
    [
      'with an empty digest',
      'SIGNATURE_WRONG_DIGEST',
      () => signed(critical({ image: { 'docker-manifest-digest': '' } })),
    ],
    [
      'with the digest twice',
      'SIGNATURE_MALFORMED',
      () =>
        signed(
          JSON.stringify(payloadOf(other.descriptor.digest)).replace(
            '"image":{',
            `"image":{"docker-manifest-digest":"${digest()}",`,
          ),
        ),
    ],
    ['with a payload that is no JSON', 'SIGNATURE_MALFORMED', () => signed('not JSON')],
    ['on a text layer', 'SIGNATURE_WRONG_TYPE', () => legacyLayer(signer, payloadOf(digest()), 'text/plain')],
    [
      'as a DSSE attestation layer',
      'SIGNATURE_WRONG_TYPE',
      () =>
        legacyLayer(
          signer,
          envelopeOf(signer, statementOf(digest())),
          'application/vnd.dsse.envelope.v1+json',
        ),
    ],
    ['without annotation', 'SIGNATURE_MALFORMED', () => annotated({})],
    ['with an empty annotation', 'SIGNATURE_MALFORMED', () => respelled(() => '')],
    ['with a line break in the annotation', 'SIGNATURE_MALFORMED', () => respelled((text) => `${text}\n`)],
    ['with white space in the annotation', 'SIGNATURE_MALFORMED', () => respelled((text) => ` ${text}`)],
    [
      'with other bytes than were signed',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({
        ...signed(`${JSON.stringify(payloadOf(digest()))} `),
        annotations: signedLayer().annotations,
      }),
    ],
    [
      'with a signature that is no DER',
      'SIGNATURE_KEY_UNKNOWN',
      () => respelled(() => Buffer.from('junk').toString('base64')),
    ],
  ])('%s: %s', async (_what, code, layer) => {
    await pushLegacy(store, artifact.descriptor, [layer()]);
    expect(await verdictOn(artifact)).toEqual(refusedWith(code));
  });

  it('with an index under the signature tag', async () => {
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [],
    });
    await push(store, index);
    await store.tag(index.descriptor, `${digest().replace(':', '-')}.sig`);
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('with a payload of 64 KiB and one byte', async () => {
    const text = JSON.stringify(payloadOf(digest()));
    await pushLegacy(store, artifact.descriptor, [
      signed(`${text}${' '.repeat(64 * 1024 + 1 - text.length)}`),
    ]);
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('under a signature tag of more than 1 MiB', async () => {
    const padding = 'x'.repeat(1024 * 1024);
    await pushLegacy(store, artifact.descriptor, [signedLayer()], { annotations: { padding } });
    const verdict = await verdictOn(artifact);
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      detail: expect.stringContaining('expected at most 1048576 bytes'),
    });
  });

  it('when the policy looks at bundles alone, even where no bundle verifies', async () => {
    const asked: string[] = [];
    const watched: ReadStore = {
      ...readable(store),
      resolve: (reference, options) => {
        asked.push(reference);
        return store.resolve(reference, options);
      },
    };
    await formats['sigstore bundle'](stranger);
    await formats['legacy tag']();
    await formats['legacy referrer']();
    const desired = desiredState(keyPolicy('release', [signer.publicPem], { formats: ['bundle'] }));
    expect(await verdictOn(artifact, { desired, repository: watched })).toEqual(
      refusedWith('SIGNATURE_KEY_UNKNOWN'),
    );
    expect(asked).toEqual([]);
  });
});

/** The reading half of a store, so that a test can replace one way of it. */
function readable(from: Store): ReadStore {
  return {
    resolve: (reference, options) => from.resolve(reference, options),
    fetch: (descriptor, options) => from.fetch(descriptor, options),
    exists: (descriptor, options) => from.exists(descriptor, options),
    tags: (options) => from.tags(options),
    referrers: (subject, options) => from.referrers(subject, options),
  };
}

/** A registry that lists these, whatever it holds. */
function listing(...descriptors: readonly Descriptor[]): ReadStore {
  return {
    ...readable(store),
    async *referrers() {
      yield* descriptors;
    },
  };
}

describe('what the registry lists', () => {
  it.each([
    ['another digest', 'SIGNATURE_WRONG_DIGEST', () => subjectOf(other)],
    ['another size', 'SIGNATURE_MALFORMED', () => ({ ...subjectOf(artifact), size: 1 })],
    [
      'another media type',
      'SIGNATURE_MALFORMED',
      () => ({ ...subjectOf(artifact), mediaType: mediaTypes.dockerManifest }),
    ],
    ['nothing', 'SIGNATURE_MALFORMED', () => undefined],
  ])('is refused when the referrer’s own subject is %s: %s', async (_what, code, subject) => {
    const { descriptor } = await pushBundle(store, artifact.descriptor, signedBundle(), {
      manifest: { subject: subject() },
    });
    const repository = listing({ ...descriptor, artifactType: bundleType });
    expect(await verdictOn(artifact, { repository })).toEqual(refusedWith(code));
  });

  it('is refused when a legacy referrer’s own subject is another', async () => {
    const { descriptor } = await pushLegacyReferrer(other, [signedLayer()]);
    const repository = listing({ ...descriptor, artifactType: legacyArtifactType });
    expect(await verdictOn(artifact, { repository })).toEqual(refusedWith('SIGNATURE_WRONG_DIGEST'));
  });

  it('is found when it stands in the fallback tag alone', async () => {
    const bundle = await formats['sigstore bundle']();
    const entry = { ...bundle.descriptor, artifactType: bundleType };
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [entry],
    });
    await push(store, index);
    await store.tag(index.descriptor, digest().replace(':', '-'));
    expect(await verdictOn(artifact)).toEqual(accepted);
  });

  it('is found as a legacy tag behind an empty list', async () => {
    await formats['legacy tag']();
    expect(await verdictOn(artifact, { repository: listing() })).toEqual(accepted);
  });

  it('is looked into when it is listed without type', async () => {
    const { descriptor } = await formats['sigstore bundle']();
    expect(await verdictOn(artifact, { repository: listing(descriptor) })).toEqual(accepted);
  });

  it('is left alone when it is of another type, the subject itself included', async () => {
    const sbom = { ...artifact.descriptor, artifactType: 'application/spdx+json' };
    expect(await verdictOn(artifact, { repository: listing(sbom) })).toEqual(
      refusedWith('SIGNATURE_MISSING'),
    );
  });

  it('is refused, not missing, when it is listed but not there', async () => {
    const absent = { ...contentOf(mediaTypes.ociManifest, '{}').descriptor, artifactType: bundleType };
    expect(await verdictOn(artifact, { repository: listing(absent) })).toEqual(
      refusedWith('SIGNATURE_MALFORMED'),
    );
  });

  it('is refused when it names a manifest of more than 1 MiB, before it is fetched', async () => {
    const huge = { ...artifact.descriptor, artifactType: bundleType, size: 1024 * 1024 + 1 };
    const verdict = await verdictOn(artifact, { repository: listing(huge) });
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      detail: expect.stringContaining('1048577'),
    });
  });

  it('is refused when body and descriptor name different media types', async () => {
    const { descriptor } = await formats['sigstore bundle']();
    const repository = listing({
      ...descriptor,
      mediaType: mediaTypes.dockerManifest,
      artifactType: bundleType,
    });
    expect(await verdictOn(artifact, { repository })).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });
});

describe('good evidence among bad', () => {
  const junk = async (count: number): Promise<Descriptor[]> => {
    const pushed: Descriptor[] = [];
    for (let at = 0; at < count; at += 1) {
      const { descriptor } = await pushBundle(store, artifact.descriptor, `{"junk":${at}}`);
      pushed.push({ ...descriptor, artifactType: bundleType });
    }
    return pushed;
  };

  it.each(['first', 'last'])('counts when it is listed %s', async (place) => {
    const bad = await junk(10);
    const { descriptor } = await formats['sigstore bundle']();
    const good = { ...descriptor, artifactType: bundleType };
    const repository = place === 'first' ? listing(good, ...bad) : listing(...bad, good);
    expect(await verdictOn(artifact, { repository })).toEqual(accepted);
  });

  it('counts as one legacy layer among bad ones, in either order', async () => {
    const bad = [legacyLayer(stranger, payloadOf(digest())), signedLayer(signer, other)];
    await pushLegacy(store, artifact.descriptor, [...bad, signedLayer()]);
    expect(await verdictOn(artifact)).toEqual(accepted);
    await pushLegacy(store, artifact.descriptor, [signedLayer(), ...bad]);
    expect(await verdictOn(artifact)).toEqual(accepted);
  });

  it('counts as a legacy signature beside bundles of other keys', async () => {
    await formats['sigstore bundle'](stranger);
    await formats['legacy tag']();
    expect(await verdictOn(artifact)).toMatchObject({ kind: 'accepted', signers: [{ format: 'legacy' }] });
  });

  it('counts beside an attestation by the same key about the same digest', async () => {
    const attestation = statementOf(digest(), { predicateType: 'https://slsa.dev/provenance/v1' });
    await pushBundle(store, artifact.descriptor, bundleOf(signer, attestation));
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_WRONG_TYPE'));
    await formats['sigstore bundle']();
    expect(await verdictOn(artifact)).toEqual(accepted);
  });

  it('lists every refusal and puts the most telling first', async () => {
    await junk(2);
    await formats['sigstore bundle'](stranger);
    await formats['legacy tag'](signer, other);
    const verdict = await verdictOn(artifact);
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_WRONG_DIGEST',
      refusals: [
        'SIGNATURE_WRONG_DIGEST',
        'SIGNATURE_KEY_UNKNOWN',
        'SIGNATURE_MALFORMED',
        'SIGNATURE_MALFORMED',
      ].map((code) => ({ code })),
    });
  });

  it('is not sought beyond 16 candidates, and the verdict says so', async () => {
    const reads: string[] = [];
    const bad = await junk(40);
    const repository: ReadStore = {
      ...listing(...bad),
      fetch: (descriptor, options) => {
        reads.push(descriptor.digest);
        return store.fetch(descriptor, options);
      },
    };
    const verdict = await verdictOn(artifact, { repository });
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      refusals: expect.arrayContaining([
        expect.objectContaining({
          code: 'CONTENT_TOO_LARGE',
          detail: expect.stringContaining('got 24 more'),
        }),
      ]),
    });
    expect(reads).toHaveLength(32);
  });

  it('is not sought beyond 16 legacy layers', async () => {
    const bad = Array.from({ length: 16 }, (_, at) =>
      legacyLayer(stranger, payloadOf(digest(), { optional: { at } })),
    );
    await pushLegacy(store, artifact.descriptor, [...bad, signedLayer()]);
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
  });

  it('is found among an endless list by its hint', async () => {
    const { descriptor } = await formats['sigstore bundle']();
    const annotations = { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' };
    const [bad] = await junk(1);
    let listed = 0;
    const repository: ReadStore = {
      ...readable(store),
      async *referrers() {
        for (; ; listed += 1) {
          const digest = `sha256:${listed.toString(16).padStart(64, '0')}`;
          yield listed === 500
            ? { ...descriptor, artifactType: bundleType, annotations }
            : { ...(bad as Descriptor), digest };
        }
      },
    };
    expect(await verdictOn(artifact, { repository })).toEqual(accepted);
    expect(listed).toBeLessThan(1024);
  });
});

describe('several requirements', () => {
  it('hold only together', async () => {
    const desired = desiredState(
      keyPolicy('release', [signer.publicPem]),
      keyPolicy('security', [stranger.publicPem]),
    );
    await formats['sigstore bundle']();
    const verdict = await verdictOn(artifact, { desired });
    expect(verdict).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
    expect(verdict).toMatchObject({ detail: expect.stringContaining(stranger.id) });
    await formats['legacy tag'](stranger);
    expect(await verdictOn(artifact, { desired })).toMatchObject({
      kind: 'accepted',
      signers: [{ authority: 'release/key-0' }, { authority: 'security/key-0' }],
    });
  });

  it('each look at their own formats alone', async () => {
    const desired = desiredState(
      keyPolicy('strict', [signer.publicPem], { formats: ['bundle'] }),
      keyPolicy('loose', [signer.publicPem]),
    );
    await formats['legacy tag']();
    const verdict = await verdictOn(artifact, { desired });
    expect(verdict).toEqual(refusedWith('SIGNATURE_MISSING'));
    expect(verdict).toMatchObject({ refusals: [{ subject: 'VerificationPolicy/default/strict' }] });
  });

  it('count one key once, under however many names', async () => {
    await formats['sigstore bundle']();
    await formats['legacy tag']();
    const desired = desiredState(
      keyPolicy('release', [signer.publicPem, signer.publicPem.replaceAll('\n', '\r\n')]),
    );
    expect(await verdictOn(artifact, { desired })).toMatchObject({
      signers: [{ authority: 'release/key-0' }],
    });
  });

  it('hold with any one key of several', async () => {
    await formats['sigstore bundle']();
    const desired = desiredState(keyPolicy('release', [stranger.publicPem, signer.publicPem]));
    expect(await verdictOn(artifact, { desired })).toMatchObject({
      signers: [{ authority: 'release/key-1', keyId: signer.id }],
    });
  });
});

describe('the artifact itself', () => {
  it('is refused as an error when its bytes are not those of the digest', async () => {
    await formats['sigstore bundle']();
    const lie = { descriptor: artifact.descriptor, content: other.content };
    await expect(verdictOn(lie)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('is refused as an error when its digest is of an algorithm that cannot be computed', async () => {
    const descriptor = { ...artifact.descriptor, digest: 'blake3:abc' };
    await expect(verdictOn({ descriptor, content: artifact.content })).rejects.toMatchObject({
      name: 'SealiftError',
      code: 'REGISTRY_FAILED',
    });
  });

  it('may be an index', async () => {
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [artifact.descriptor],
    });
    await push(store, index);
    await pushBundle(store, index.descriptor, bundleOf(signer, statementOf(index.descriptor.digest)));
    expect(await verdictOn(index)).toEqual(accepted);
    // The children of a signed index are not signed by it: each is reached by digest from the index that was verified.
    expect(await verdictOn(artifact)).toEqual(refusedWith('SIGNATURE_MISSING'));
  });
});
