import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issue, makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { bundleOf, newSigner, statementOf } from '../../../test/fixtures/signed-artifact.ts';
import { Refused } from './refused.ts';
import { readSigstoreBundle } from './sigstore-bundle.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const signer = newSigner();
const v01 = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
const v02 = 'application/vnd.dev.sigstore.bundle+json;version=0.2';
const v03 = 'application/vnd.dev.sigstore.bundle+json;version=0.3';
const newest = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const withMaterial = (mediaType: string, verificationMaterial: object) =>
  bytesOf({ ...bundleOf(signer, statementOf(digest)), mediaType, verificationMaterial });
const read = (content: Uint8Array) => readSigstoreBundle(content, { digest });
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return error instanceof Refused ? error.code : `other: ${error}`;
  }
  return 'read';
};

const root = await makeAuthority('root');
const leaf = await issue(root);
const raw = ({ der }: { readonly der: Buffer }) => ({ rawBytes: der.toString('base64') });
const chain = (...certificates: object[]) => ({ x509CertificateChain: { certificates } });

describe('the certificate of a bundle', () => {
  it.each([
    ['alone, version 0.3', newest, { certificate: raw(leaf) }],
    ['alone, version 0.3 in its other spelling', v03, { certificate: raw(leaf) }],
    ['alone, version 0.2', v02, { certificate: raw(leaf) }],
    ['in a chain, version 0.1', v01, chain(raw(leaf))],
    ['first of a chain, version 0.2', v02, chain(raw(leaf), raw(leaf))],
  ])('is the leaf: %s', (_what, mediaType, material) => {
    expect(read(withMaterial(mediaType, material)).material).toEqual({
      kind: 'certificate',
      leaf: leaf.der,
    });
  });

  it.each([
    ['in a chain, version 0.3', newest, chain(raw(leaf))],
    ['in a chain, version 0.3 in its other spelling', v03, chain(raw(leaf))],
    ['missing from its chain', v01, chain()],
    ['below a root, which only a policy may name', v01, chain(raw(leaf), raw(root))],
    ['below bytes that are no certificate', v01, chain(raw(leaf), { rawBytes: 'AAAA' })],
    ['attack 12: below eight others', v01, chain(...Array(9).fill(raw(leaf)))],
    ['attack 42: beside a chain', v02, { certificate: raw(leaf), ...chain(raw(leaf)) }],
    ['attack 42: beside a public key', newest, { certificate: raw(leaf), publicKey: { hint: 'x' } }],
    ['attack 32: with a line break', newest, { certificate: { rawBytes: `${raw(leaf).rawBytes}\n` } }],
    ['empty', newest, { certificate: { rawBytes: '' } }],
  ])('%s: refused', (_what, mediaType, material) => {
    expect(codeOf(() => read(withMaterial(mediaType, material)))).toBe('SIGNATURE_MALFORMED');
  });
});

describe('what is in a bundle', () => {
  it('may be a key without a hint', () => {
    expect(read(withMaterial(newest, { publicKey: {} })).material).toStrictEqual({ kind: 'key' });
  });

  it('attack 42: is not nothing', () => {
    const { dsseEnvelope: _, ...empty } = bundleOf(signer, statementOf(digest));
    expect(codeOf(() => read(bytesOf(empty)))).toBe('SIGNATURE_MALFORMED');
  });
});

describe('a log entry of a bundle', () => {
  const proof = {
    logIndex: '1',
    rootHash: 'AA==',
    treeSize: '2',
    hashes: ['AA=='],
    checkpoint: { envelope: 'x' },
  };
  const entry = {
    logIndex: '1',
    logId: { keyId: 'AA==' },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1',
    inclusionPromise: { signedEntryTimestamp: 'AA==' },
    inclusionProof: proof,
    canonicalizedBody: 'AA==',
  };
  const readEntry = (change: object, mediaType = newest) =>
    read(withMaterial(mediaType, { publicKey: {}, tlogEntries: [{ ...entry, ...change }] }));

  it.each([
    ['as it is', {}, newest],
    ['without promise, version 0.3', { inclusionPromise: undefined }, newest],
    ['without promise, version 0.2', { inclusionPromise: undefined }, v02],
    ['without proof, version 0.1', { inclusionProof: undefined }, v01],
    [
      'with zeros left out',
      { logIndex: undefined, inclusionProof: { ...proof, logIndex: undefined } },
      newest,
    ],
  ])('is carried on %s', (_what, change, mediaType) => {
    expect(readEntry(change, mediaType).evidence).toEqual({
      mediaType,
      logEntries: [JSON.parse(JSON.stringify({ ...entry, ...change }))],
      timestamps: [],
    });
  });

  it.each([
    ['without promise, version 0.1', { inclusionPromise: undefined }, v01],
    ['without proof, version 0.2', { inclusionProof: undefined }, v02],
    ['without proof, version 0.3', { inclusionProof: undefined }, newest],
    ['without checkpoint', { inclusionProof: { ...proof, checkpoint: undefined } }, newest],
    ['with a negative index', { logIndex: '-1' }, newest],
    ['with an index as a number', { logIndex: 1 }, newest],
    ['with an index in hexadecimal', { logIndex: '0x1' }, newest],
    ['with an index of 20 digits', { logIndex: '1'.repeat(20) }, newest],
    ['with a time before the epoch', { integratedTime: '-1' }, newest],
    ['without log', { logId: undefined }, newest],
    ['without kind', { kindVersion: { version: '0.0.1' } }, newest],
    ['without body', { canonicalizedBody: '' }, newest],
    ['with a further field', { extra: 1 }, newest],
    ['attack 12: with 65 hashes', { inclusionProof: { ...proof, hashes: Array(65).fill('AA==') } }, newest],
    [
      'attack 12: with an endless checkpoint',
      { inclusionProof: { ...proof, checkpoint: { envelope: 'x'.repeat(16 * 1024 + 1) } } },
      newest,
    ],
    ['attack 12: with an endless body', { canonicalizedBody: 'AAAA'.repeat(32 * 1024 + 1) }, newest],
    ['attack 32: with a log in the URL alphabet', { logId: { keyId: '-_==' } }, newest],
  ])('%s: refused', (_what, change, mediaType) => {
    expect(codeOf(() => readEntry(change, mediaType))).toBe('SIGNATURE_MALFORMED');
  });

  it('attack 43: is one of four at most, as is a timestamp', () => {
    const many = (entries: number, stamps: number) =>
      withMaterial(newest, {
        publicKey: {},
        tlogEntries: Array(entries).fill(entry),
        timestampVerificationData: { rfc3161Timestamps: Array(stamps).fill({ signedTimestamp: 'AA==' }) },
      });
    expect(read(many(4, 4)).evidence).toMatchObject({ logEntries: { length: 4 }, timestamps: { length: 4 } });
    expect(codeOf(() => read(many(5, 0)))).toBe('SIGNATURE_MALFORMED');
    expect(codeOf(() => read(many(0, 5)))).toBe('SIGNATURE_MALFORMED');
  });
});

describe('a message signature, for an artifact that the caller means', () => {
  const bytes = Buffer.from('artifact');
  const hash = (name: string) => createHash(name).update(bytes).digest();
  const message = (algorithmName: string, of: Buffer) =>
    bytesOf({
      ...bundleOf(signer, ''),
      dsseEnvelope: undefined,
      messageSignature: {
        messageDigest: { algorithm: algorithmName, digest: of.toString('base64') },
        signature: 'AQID',
      },
    });
  const known = { sha256: hash('sha256'), isSignedBy: () => false };
  const asBytes = { digest, artifact: { kind: 'bytes', bytes } as const };
  const asDigest = { digest, artifact: { kind: 'digest', digest: known } as const };
  const claimed = { statement: { kind: 'message' }, digests: [`sha256:${hash('sha256').toString('hex')}`] };

  it.each([
    ['SHA2_256', 'sha256'],
    ['SHA2_384', 'sha384'],
    ['SHA2_512', 'sha512'],
  ])('is over its bytes, with a digest by %s', (name, algorithmName) => {
    const claim = readSigstoreBundle(message(name, hash(algorithmName)), asBytes);
    expect(claim).toMatchObject({ ...claimed, signedBytes: bytes, signature: Buffer.of(1, 2, 3) });
  });

  it('is over its digest, where that is all there is', () => {
    const claim = readSigstoreBundle(message('SHA2_256', hash('sha256')), asDigest);
    expect(claim).toMatchObject({ ...claimed, signedBytes: new Uint8Array(), signedDigest: known });
  });

  it('attack 42: beside an envelope is neither', () => {
    const { dsseEnvelope } = bundleOf(signer, statementOf(digest));
    const alone = JSON.parse(Buffer.from(message('SHA2_256', hash('sha256'))).toString());
    const both = bytesOf({ ...alone, dsseEnvelope });
    for (const sought of [{ digest }, asBytes]) {
      expect(codeOf(() => readSigstoreBundle(both, sought))).toBe('SIGNATURE_MALFORMED');
    }
  });

  it.each([
    ['with another digest', message('SHA2_256', Buffer.alloc(32)), asBytes, 'SIGNATURE_WRONG_DIGEST'],
    [
      'with a digest under another name',
      message('SHA2_512', hash('sha256')),
      asBytes,
      'SIGNATURE_WRONG_DIGEST',
    ],
    [
      'with a digest that cannot be compared',
      message('SHA2_512', hash('sha512')),
      asDigest,
      'SIGNATURE_WRONG_DIGEST',
    ],
    ['with an unknown hash', message('SHA1', hash('sha1')), asBytes, 'SIGNATURE_MALFORMED'],
    ['without artifact', message('SHA2_256', hash('sha256')), { digest }, 'SIGNATURE_WRONG_TYPE'],
  ])('%s: refused', (_what, content, sought, code) => {
    expect(codeOf(() => readSigstoreBundle(content, sought))).toBe(code);
  });
});
