import { createHash, generateKeyPairSync } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { issue, makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import {
  type ClaimSigner,
  claimOf,
  loadRoot,
  logV1,
  logV2,
  newKeyPair,
  type OfflineSigstore,
  offlineSigstore,
  rootJson,
  stamp,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import { Refused } from '../evidence/refused.ts';
import type { AuthorityKey, KeyAuthority } from './authority.ts';
import { prove } from './prove.ts';
import { parsePublicKey, publicKeyOf } from './public-key.ts';
import type { TrustedRoot } from './trusted-root.ts';

const at = (Math.floor(Date.now() / 1000) + 10) * 1000;
const now = at + 60_000;
const signer: ClaimSigner = newKeyPair();
const other: ClaimSigner = newKeyPair();

let sigstore: OfflineSigstore;
let root: TrustedRoot;

beforeAll(async () => {
  sigstore = await offlineSigstore();
  root = await loadRoot(rootJson(sigstore));
});

const keyOf = ({ publicKey }: ClaimSigner, window: Omit<AuthorityKey, 'key'> = {}): AuthorityKey => ({
  key: publicKeyOf(publicKey, 'test'),
  ...window,
});

const byKeys = (keys: readonly AuthorityKey[], change: Partial<KeyAuthority> = {}): KeyAuthority => ({
  kind: 'key',
  name: 'test',
  keys,
  time: { logs: 0, timestamps: 0 },
  trustedRoot: root,
  ...change,
});

function judged(authority: KeyAuthority, claim: ReturnType<typeof claimOf>, when = now): string {
  const outcome = prove(authority, claim, when);
  return outcome instanceof Refused ? outcome.code : 'proven';
}

const logs = { time: { logs: 1, timestamps: 0 } };
const timestamps = { time: { logs: 0, timestamps: 1 } };

describe('an authority of keys', () => {
  it('proves a signature by any of its keys, and which', () => {
    const proof = prove(byKeys([keyOf(other), keyOf(signer)]), claimOf(signer), now);
    expect(proof).toEqual({ keyId: keyOf(signer).key.id, times: [] });
  });

  it('needs no trusted root where it asks for no evidence', () => {
    const { trustedRoot: _, ...authority } = byKeys([keyOf(signer)]);
    expect(judged(authority, claimOf(signer))).toBe('proven');
  });

  it('refuses a signature by another key, whatever the hint says', () => {
    const claim = { ...claimOf(signer), material: { kind: 'key', hint: keyOf(other).key.id } } as const;
    expect(judged(byKeys([keyOf(other)]), claim)).toBe('SIGNATURE_KEY_UNKNOWN');
    expect(judged(byKeys([]), claim)).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('attack 22: a certificate in the evidence makes no key known', async () => {
    const certified = await issue(await makeAuthority('fulcio.test'));
    expect(judged(byKeys([keyOf(signer)]), claimOf(certified))).toBe('SIGNATURE_KEY_UNKNOWN');
    expect(judged(byKeys([keyOf(certified)]), claimOf(certified))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('attack 44: P-256 counts with SHA-256 alone, whatever the evidence claims', () => {
    expect(judged(byKeys([keyOf(signer)]), claimOf(signer, 'sha512'))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('takes evidence out that it does not ask for', async () => {
    const stranger = await offlineSigstore();
    const claim = claimOf(signer);
    const claimed = withEvidence(claim, {
      logEntries: [await logV1(stranger.logs[0], claim, { at, named: other }), {}],
      timestamps: [await stamp(stranger.stampers[0], claim.signature, at), 'AAAA'],
    });
    expect(judged(byKeys([keyOf(signer)]), claimed)).toBe('proven');
    expect(judged(byKeys([keyOf(signer)], logs), claimed)).toBe('LOG_ENTRY_INVALID');
    expect(judged(byKeys([keyOf(signer)], timestamps), claimed)).toBe('TIMESTAMP_INVALID');
  });
});

describe('logs and timestamps beside a key', () => {
  it.each(['hashedrekord', 'dsse', 'intoto'] as const)('proves an entry of Rekor v1: %s', async (kind) => {
    const claim = claimOf(signer);
    const entry = await logV1(sigstore.logs[0], claim, { at, kind, named: signer });
    const proof = prove(byKeys([keyOf(signer)], logs), withEvidence(claim, { logEntries: [entry] }), now);
    expect(proof).toMatchObject({ times: [{ by: 'log', operator: 'log-0.test', at }] });
  });

  it('proves them beside Ed25519ph, which the library knows nothing of', async () => {
    const pair = generateKeyPairSync('ed25519');
    const seed = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    const plain = claimOf(signer);
    const claim = { ...plain, signature: ed25519ph.sign(plain.signedBytes, seed) };
    const entry = await logV1(sigstore.logs[0], claim, { at, named: pair });
    const stamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    const pem = pair.publicKey.export({ format: 'pem', type: 'spki' });
    const key = await parsePublicKey(String(pem), 'test');
    const asked = byKeys([{ key }], { time: { logs: 1, timestamps: 1 } });
    const claimed = withEvidence(claim, { logEntries: [entry], timestamps: stamps });
    expect(judged(asked, claimed)).toBe('proven');
    expect(judged(asked, { ...claimed, signature: plain.signature })).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('proves an entry of Rekor v2 without time, and one with a timestamp where both are asked for', async () => {
    const claim = claimOf(signer);
    const entry = await logV2(sigstore.logs[0], claim, signer);
    const claimed = withEvidence(claim, { logEntries: [entry] });
    expect(prove(byKeys([keyOf(signer)], logs), claimed, now)).toMatchObject({ times: [] });
    const stamped = withEvidence(claimed, {
      timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)],
    });
    const both = byKeys([keyOf(signer)], { time: { logs: 1, timestamps: 1 } });
    expect(prove(both, stamped, now)).toMatchObject({ times: [{ by: 'timestamp', at }] });
    expect(judged(both, claimed)).toBe('TIMESTAMP_INVALID');
  });

  it.each(['hashedrekord', 'dsse', 'intoto'] as const)(
    'attack 01: a %s entry that names another key is refused',
    async (kind) => {
      const claim = claimOf(signer);
      const entry = await logV1(sigstore.logs[0], claim, { at, kind, named: other });
      expect(judged(byKeys([keyOf(signer)], logs), withEvidence(claim, { logEntries: [entry] }))).toBe(
        'LOG_ENTRY_INVALID',
      );
    },
  );

  it('attack 01: an entry of Rekor v2 that names another key is refused', async () => {
    const claim = claimOf(signer);
    const logEntries = [await logV2(sigstore.logs[0], claim, other)];
    expect(judged(byKeys([keyOf(signer)], logs), withEvidence(claim, { logEntries }))).toBe(
      'LOG_ENTRY_INVALID',
    );
  });

  it('attack 06: an entry without time, of a log whose key is not in use now, is refused', async () => {
    const json = rootJson(sigstore);
    for (const log of json.tlogs) {
      const validFor = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };
      log['publicKey'] = { ...(log['publicKey'] as object), validFor };
    }
    const claim = claimOf(signer);
    const logEntries = [await logV2(sigstore.logs[0], claim, signer)];
    const authority = byKeys([keyOf(signer)], { ...logs, trustedRoot: await loadRoot(json) });
    expect(judged(authority, withEvidence(claim, { logEntries }))).toBe('LOG_ENTRY_INVALID');
  });

  it('refuses to look for logs without a trusted root', () => {
    const { trustedRoot: _, ...authority } = byKeys([keyOf(signer)], logs);
    expect(judged(authority, claimOf(signer))).toBe('TRUST_INVALID');
  });

  it('refuses a log entry in the future', async () => {
    const claim = claimOf(signer);
    const logEntries = [await logV1(sigstore.logs[0], claim, { at: now + 301_000, named: signer })];
    expect(judged(byKeys([keyOf(signer)], logs), withEvidence(claim, { logEntries }))).toBe(
      'TIMESTAMP_INVALID',
    );
  });
});

describe('the window of a key', () => {
  const rows = [
    ['open on both sides', {}, 'proven'],
    ['that begins at that moment', { notBefore: at }, 'proven'],
    ['that ends at that moment', { notAfter: at }, 'proven'],
    ['that begins later', { notBefore: at + 1 }, 'KEY_EXPIRED'],
    ['that ended before', { notAfter: at - 1 }, 'KEY_EXPIRED'],
  ] as const;

  it.each(rows)(
    'attack 05: judges a key with a window %s, now, where no time is proven',
    (_, window, outcome) => {
      expect(judged(byKeys([keyOf(signer, window)]), claimOf(signer), at)).toBe(outcome);
    },
  );

  it.each(rows)(
    'attack 05: judges a key with a window %s, at the proven time',
    async (_, window, outcome) => {
      const claim = claimOf(signer);
      const entry = await logV1(sigstore.logs[0], claim, { at, named: signer });
      const authority = byKeys([keyOf(signer, window)], logs);
      const muchLater = now + 365 * 24 * 3_600_000;
      expect(judged(authority, withEvidence(claim, { logEntries: [entry] }), muchLater)).toBe(outcome);
    },
  );

  it('attack 05: holds every proven time against the window', async () => {
    const claim = claimOf(signer);
    const stamps = [
      await stamp(sigstore.stampers[0], claim.signature, at),
      await stamp(sigstore.stampers[1], claim.signature, at + 2000),
    ];
    const authority = byKeys([keyOf(signer, { notAfter: at + 1000 })], timestamps);
    expect(judged(authority, withEvidence(claim, { timestamps: stamps }))).toBe('KEY_EXPIRED');
    expect(judged(authority, withEvidence(claim, { timestamps: stamps.slice(0, 1) }))).toBe('proven');
  });

  it('attack 16: one key under two entries is one key, in either window', () => {
    const keys = [keyOf(signer, { notAfter: at - 1000 }), keyOf(signer, { notBefore: at })];
    expect(prove(byKeys(keys), claimOf(signer), at)).toMatchObject({ keyId: keyOf(signer).key.id });
    expect(judged(byKeys(keys), claimOf(signer), at - 500)).toBe('KEY_EXPIRED');
  });

  it('says window and moment', () => {
    const early = prove(byKeys([keyOf(signer, { notBefore: 2000 })]), claimOf(signer), 1000);
    expect(early).toMatchObject({
      message: expect.stringContaining('from 1970-01-01T00:00:02.000Z to ever'),
    });
    const outcome = prove(byKeys([keyOf(signer, { notAfter: 0 })]), claimOf(signer), 1000);
    expect(outcome).toMatchObject({
      message:
        'expected a signature from ever to 1970-01-01T00:00:00.000Z, got one at 1970-01-01T00:00:01.000Z',
    });
  });
});

describe('a claim of which only the digest is at hand', () => {
  const digestOnly = (isSigned: boolean) => ({
    ...claimOf(signer),
    signedBytes: new Uint8Array(),
    signedDigest: { sha256: new Uint8Array(32), isSignedBy: () => isSigned },
  });

  it('is proven by whoever can tell', () => {
    expect(judged(byKeys([keyOf(signer)]), digestOnly(true))).toBe('proven');
    expect(judged(byKeys([keyOf(signer)]), digestOnly(false))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('is held against log entries by that digest', async () => {
    const claim = claimOf(signer);
    const sha256 = createHash('sha256').update(claim.signedBytes).digest();
    const byDigest = (digest: Buffer) => ({
      ...claim,
      signedBytes: new Uint8Array(),
      signedDigest: { sha256: digest, isSignedBy: () => true },
    });
    const entry = (hashed?: string) =>
      logV1(sigstore.logs[0], claim, { at, kind: 'hashedrekord', named: signer, ...(hashed && { hashed }) });
    const authority = byKeys([keyOf(signer)], logs);
    const judgedWith = async (digest: Buffer, hashed?: string): Promise<string> =>
      judged(authority, withEvidence(byDigest(digest), { logEntries: [await entry(hashed)] }));
    expect(await judgedWith(sha256)).toBe('proven');
    expect(await judgedWith(Buffer.alloc(32))).toBe('LOG_ENTRY_INVALID');
    const sha512 = createHash('sha512').update('').digest('hex');
    expect(await judgedWith(sha256, sha512)).toBe('LOG_ENTRY_INVALID');
  });

  it('is never proven for keys with another hash', () => {
    expect(judged(byKeys([keyOf(newKeyPair('P-384'))]), digestOnly(true))).toBe('SIGNATURE_KEY_UNKNOWN');
  });
});

describe('prove', () => {
  it('attack 17: whatever is thrown while it judges is a refusal', () => {
    const broken = {
      ...claimOf(signer),
      get signature(): never {
        throw new TypeError('no');
      },
    };
    expect(judged(byKeys([keyOf(signer)]), broken)).toBe('SIGNATURE_MALFORMED');
  });
});
