import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleOf,
  bundleType,
  envelopeOf,
  newSigner,
  pushBundle,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { accepted, refusedWith, SignedRoom, signer } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('a Sigstore bundle that is refused', () => {
  const statement = (change: Record<string, unknown> = {}) => statementOf(room.digest, change);
  const sha = (): string => room.digest.slice(7);

  it.each<[string, string, () => unknown]>([
    [
      'attack 07: with a message signature',
      'SIGNATURE_WRONG_TYPE',
      () => ({
        ...room.bundle(),
        dsseEnvelope: undefined,
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(sha(), 'hex').toString('base64') },
          signature: signer.sign(room.artifact.content).toString('base64'),
        },
      }),
    ],
    [
      'attack 42: with both contents',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), messageSignature: {} }),
    ],
    [
      'attack 42: with no content',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), dsseEnvelope: undefined }),
    ],
    [
      'attack 42: with both key materials',
      'SIGNATURE_MALFORMED',
      () => ({
        ...room.bundle(),
        verificationMaterial: { publicKey: { hint: '' }, certificate: { rawBytes: 'AA==' } },
      }),
    ],
    [
      'attack 42: with no key material',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), verificationMaterial: {} }),
    ],
    [
      'with a certificate chain, which version 0.3 forbids',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), verificationMaterial: { x509CertificateChain: { certificates: [] } } }),
    ],
    [
      'with a certificate, where only keys may sign',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({ ...room.bundle(), verificationMaterial: { certificate: { rawBytes: 'AA==' } } }),
    ],
    [
      'attack 42: of an unknown media type',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), mediaType: 'application/vnd.dev.sigstore.bundle.v9.9+json' }),
    ],
    [
      'attack 42: of a media type with a suffix',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), mediaType: `${bundleType}EVIL` }),
    ],
    ['attack 18: with an unknown field', 'SIGNATURE_MALFORMED', () => ({ ...room.bundle(), extra: true })],
    [
      'attack 18: with a duplicate key',
      'SIGNATURE_MALFORMED',
      () => JSON.stringify(room.bundle()).replace('{', `{"mediaType":"${bundleType}",`),
    ],
    [
      'with no signature',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.bundle(), dsseEnvelope: { ...envelopeOf(signer, statement()), signatures: [] } }),
    ],
    [
      'with two signatures',
      'SIGNATURE_MALFORMED',
      () => {
        const envelope = envelopeOf(signer, statement());
        const [signature] = envelope.signatures as unknown[];
        return { ...room.bundle(), dsseEnvelope: { ...envelope, signatures: [signature, signature] } };
      },
    ],
    [
      'with an empty signature',
      'SIGNATURE_MALFORMED',
      () => ({
        ...room.bundle(),
        dsseEnvelope: { ...envelopeOf(signer, statement()), signatures: [{ sig: '' }] },
      }),
    ],
    [
      'attack 43: with 500 timestamps',
      'SIGNATURE_MALFORMED',
      () => ({
        ...room.bundle(),
        verificationMaterial: {
          publicKey: { hint: '' },
          timestampVerificationData: { rfc3161Timestamps: Array(500).fill({}) },
        },
      }),
    ],
    [
      'attack 43: with 2,000 log entries',
      'SIGNATURE_MALFORMED',
      () => ({
        ...room.bundle(),
        verificationMaterial: { publicKey: { hint: '' }, tlogEntries: Array(2000).fill({}) },
      }),
    ],
    [
      'with a payload that was changed',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({
        ...room.bundle(),
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
        ...room.bundle(),
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
    await pushBundle(room.store, room.artifact.descriptor, bundle());
    expect(await room.verdict()).toEqual(refusedWith(code));
  });

  it.each([
    ['white space', (text: string) => `${text} `],
    ['a line break', (text: string) => `${text.slice(0, 4)}\n${text.slice(4)}`],
    ['no padding', (text: string) => text.replace(/=+$/, '')],
    ['more padding', (text: string) => `${text}====`],
    ['the URL alphabet', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['stray characters', (text: string) => `${text.slice(0, 4)}!${text.slice(4)}`],
  ])('attack 32: with %s in the base64', async (_what, change) => {
    // A payload whose base64 ends in padding and holds both special characters.
    const statement = JSON.stringify({ ...statementOf(room.digest), predicate: { a: '~~~???>>>' } });
    const padded = `${statement}${' '.repeat((4 - (statement.length % 3)) % 3)}`;
    const envelope = envelopeOf(signer, padded);
    const encoded = String(envelope.payload);
    expect(encoded).toMatch(/[+/].*=$/);
    await pushBundle(room.store, room.artifact.descriptor, {
      ...room.bundle(),
      dsseEnvelope: { ...envelope, payload: change(encoded) },
    });
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_MALFORMED'));
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
      'with a misleading key hint',
      () => ({ ...room.bundle(), verificationMaterial: { publicKey: { hint: '__proto__' } } }),
    ],
    [
      'with the other spelling of version 0.3',
      () => ({ ...room.bundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3' }),
    ],
    [
      'of version 0.1',
      () => ({ ...room.bundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1' }),
    ],
    [
      'of version 0.2',
      () => ({ ...room.bundle(), mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
    ],
    [
      'with a log entry and a timestamp that no key asks for',
      () => ({
        ...room.bundle(),
        verificationMaterial: {
          publicKey: { hint: '' },
          tlogEntries: [logEntry],
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AA==' }] },
        },
      }),
    ],
    [
      'with a key id in the envelope',
      () => {
        const envelope = envelopeOf(signer, statementOf(room.digest));
        const [signature] = envelope.signatures as object[];
        return {
          ...room.bundle(),
          dsseEnvelope: { ...envelope, signatures: [{ ...signature, keyid: '' }] },
        };
      },
    ],
  ])('%s', async (_what, bundle) => {
    await pushBundle(room.store, room.artifact.descriptor, bundle());
    expect(await room.verdict()).toEqual(accepted);
  });
});
