import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keylessSite } from '../../../test/fixtures/keyless-site.ts';
import {
  claimOf,
  logV1,
  logV2,
  offlineSigstore,
  stamp,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import { prove } from './prove.ts';
import type { TrustedRoot } from './trusted-root.ts';

const { sigstore, keyless, shortLived, logged, judged, changedRoot, at, now } = await keylessSite();

describe('log entries', () => {
  it.each(['dsse', 'hashedrekord', 'intoto'] as const)(
    'attack 01: a %s entry that is valid but names another certificate is refused',
    async (kind) => {
      const signer = await shortLived();
      const claim = claimOf(signer);
      const entry = await logV1(sigstore.logs[0], claim, { at, kind, named: await shortLived() });
      expect(prove(keyless(), withEvidence(claim, { logEntries: [entry] }), now)).toMatchObject({
        code: 'LOG_ENTRY_INVALID',
        message: expect.stringContaining('the certificate of this signature'),
      });
    },
  );

  it('attack 01: an entry of Rekor v2 that names another certificate is refused', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const claimed = withEvidence(claim, {
      logEntries: [await logV2(sigstore.logs[0], claim, await shortLived())],
      timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)],
    });
    expect(judged(claimed)).toBe('LOG_ENTRY_INVALID');
  });

  it('attack 01: an entry that names the bare key of the certificate is refused', async () => {
    const { publicKey, ...signer } = await shortLived();
    const claim = claimOf({ publicKey, ...signer });
    const entry = await logV1(sigstore.logs[0], claim, { at, named: { publicKey } });
    expect(judged(withEvidence(claim, { logEntries: [entry] }))).toBe('LOG_ENTRY_INVALID');
  });

  it.each(['dsse', 'hashedrekord', 'intoto'] as const)(
    'attack 01: a %s entry of another signature by the same signer is refused',
    async (kind) => {
      const signer = await shortLived();
      const entry = await logV1(sigstore.logs[0], claimOf(signer), { at, kind, named: signer });
      expect(judged(withEvidence(claimOf(signer), { logEntries: [entry] }))).toBe('LOG_ENTRY_INVALID');
    },
  );

  it.each(['dsse', 'hashedrekord', 'intoto'] as const)(
    'attack 01: a %s entry of the same signature with another hash is refused',
    async (kind) => {
      const signer = await shortLived();
      const claim = claimOf(signer);
      const lie = { ...claim, payload: Buffer.from('else'), signedBytes: Buffer.from('else') };
      const entry = await logV1(sigstore.logs[0], lie, { at, kind, named: signer });
      expect(judged(withEvidence(claim, { logEntries: [entry] }))).toBe('LOG_ENTRY_INVALID');
    },
  );

  it('attack 01: an entry of a log that the root does not name is refused', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const entry = await logV1((await offlineSigstore()).logs[0], claim, { at, named: signer });
    expect(judged(withEvidence(claim, { logEntries: [entry] }))).toBe('LOG_ENTRY_INVALID');
  });

  it('attack 01: a bad entry is not skipped in favour of a good one', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    const bad = await logV1(sigstore.logs[1], claim, { at, named: await shortLived() });
    expect(judged(withEvidence(claim, { logEntries: [bad] }))).toBe('LOG_ENTRY_INVALID');
  });

  it.each([
    ['SHA-384', 'sha384', 'proven'],
    ['SHA-512', 'sha512', 'proven'],
    ['SHA-1', 'sha1', 'LOG_ENTRY_INVALID'],
  ])('judges an entry that holds the %s of what is signed', async (_, hash, outcome) => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const hashed = createHash(hash).update(claim.signedBytes).digest('hex');
    const options = { at, named: signer, kind: 'hashedrekord', hashed } as const;
    const entry = await logV1(sigstore.logs[0], claim, options);
    expect(judged(withEvidence(claim, { logEntries: [entry] }))).toBe(outcome);
  });

  it('attack 01: an envelope entry for a signature that is over no envelope is refused', async () => {
    const signer = await shortLived();
    const { payload: _, ...claim } = await logged(signer, 'dsse');
    expect(judged(claim)).toBe('LOG_ENTRY_INVALID');
  });

  it('refuses an entry without the parts that its version of the bundle must have', async () => {
    const claim = await logged(await shortLived());
    const [{ inclusionPromise: _, ...entry } = {}] = claim.evidence.logEntries as Record<string, unknown>[];
    const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    const evidence = { mediaType, logEntries: [entry], timestamps };
    expect(judged({ ...claim, evidence })).toBe('LOG_ENTRY_INVALID');
    expect(judged({ ...claim, evidence: { ...evidence, mediaType: claim.evidence.mediaType } })).toBe(
      'proven',
    );
  });

  it('refuses an entry of a kind that it does not know', async () => {
    const claim = await logged(await shortLived());
    const [entry] = claim.evidence.logEntries as readonly Record<string, unknown>[];
    const logEntries = [{ ...entry, kindVersion: { kind: 'rekord', version: '0.0.1' } }];
    expect(judged({ ...claim, evidence: { ...claim.evidence, logEntries } })).toBe('LOG_ENTRY_INVALID');
  });

  it('refuses no entry where one is asked for, and an entry of no shape', async () => {
    const claim = claimOf(await shortLived());
    expect(judged(claim)).toBe('LOG_ENTRY_INVALID');
    expect(judged(withEvidence(claim, { logEntries: [{}] }))).toBe('LOG_ENTRY_INVALID');
  });

  it('attack 02: a time without its promise is no time', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    const [{ inclusionPromise: _, ...entry } = {}] = claim.evidence.logEntries as Record<string, unknown>[];
    const bare = { ...claim, evidence: { ...claim.evidence, logEntries: [entry] } };
    expect(judged(bare)).toBe('TIME_UNPROVEN');
  });

  it('attack 02: a promise without time is refused', async () => {
    const claim = await logged(await shortLived());
    const [{ integratedTime: _, ...entry } = {}] = claim.evidence.logEntries as Record<string, unknown>[];
    const timeless = { ...claim, evidence: { ...claim.evidence, logEntries: [entry] } };
    expect(judged(timeless)).toBe('TIMESTAMP_INVALID');
  });

  it('attack 02: a time other than the promised one is refused', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    const [entry] = claim.evidence.logEntries as Record<string, unknown>[];
    const moved = { ...entry, integratedTime: String(at / 1000 - 60) };
    const lying = { ...claim, evidence: { ...claim.evidence, logEntries: [moved] } };
    expect(judged(lying)).toBe('LOG_ENTRY_INVALID');
  });

  it('attack 02: evidence that the rule does not ask for proves no time', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    expect(judged(claim, { time: { logs: 0, timestamps: 1 } })).toBe('TIMESTAMP_INVALID');
  });
});

describe('the window of a log', () => {
  const windowed = (validFor: object): Promise<TrustedRoot> =>
    changedRoot((json) => {
      for (const log of json.tlogs) log['publicKey'] = { ...(log['publicKey'] as object), validFor };
    });
  const ended = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };

  it('attack 06: an entry with proof alone, of a log whose key was no longer in use, is refused', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const claimed = withEvidence(claim, {
      logEntries: [await logV2(sigstore.logs[0], claim, signer)],
      timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)],
    });
    expect(judged(claimed, { trustedRoot: await windowed(ended) })).toBe('LOG_ENTRY_INVALID');
    const started = { start: new Date(at + 1000).toISOString() };
    expect(judged(claimed, { trustedRoot: await windowed(started) })).toBe('LOG_ENTRY_INVALID');
    const inclusive = { start: new Date(at).toISOString(), end: new Date(at).toISOString() };
    expect(judged(claimed, { trustedRoot: await windowed(inclusive) })).toBe('proven');
  });

  it('attack 06: an entry with a promise, of a log whose key was no longer in use, is refused', async () => {
    const claim = await logged(await shortLived());
    expect(judged(claim, { trustedRoot: await windowed(ended) })).toBe('LOG_ENTRY_INVALID');
  });
});
