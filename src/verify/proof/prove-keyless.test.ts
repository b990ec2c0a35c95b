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
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { prove } from './prove.ts';

const { sigstore, keyless, shortLived, logged, judged, changedRoot, at, now } = await keylessSite();

describe('a keyless authority', () => {
  it.each(['dsse', 'hashedrekord', 'intoto'] as const)(
    'proves who signed, by a %s entry of Rekor v1',
    async (kind) => {
      const signer = await shortLived();
      const proof = prove(keyless(), await logged(signer, kind), now);
      expect(proof).toMatchObject({
        identity: { issuer: 'https://issuer.test', subject: 'jo@example.test' },
        times: [{ by: 'log', operator: 'log-0.test', at }],
      });
      expect(proof).toHaveProperty('keyId', expect.stringMatching(/^sha256:[0-9a-f]{64}$/));
    },
  );

  it('proves who signed, by an entry of Rekor v2 with a timestamp', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const claimed = withEvidence(claim, {
      logEntries: [await logV2(sigstore.logs[0], claim, signer)],
      timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)],
    });
    expect(prove(keyless(), claimed, now)).toMatchObject({
      times: [{ by: 'timestamp', operator: 'tsa-0.test', at }],
    });
  });

  it('says who ran a log that the root names no operator of', async () => {
    const trustedRoot = await changedRoot((json) => {
      for (const log of json.tlogs) delete log['operator'];
    });
    const claim = await logged(await shortLived());
    expect(prove(keyless({ trustedRoot }), claim, now)).toMatchObject({
      times: [{ operator: 'rekor.one.test' }],
    });
    const two = { logs: 2, timestamps: 0 };
    expect(prove(keyless({ trustedRoot, time: two }), claim, now)).toMatchObject({
      message: 'expected logs of 2 different operators, got 1 (not named)',
    });
    expect(prove(keyless({ time: two }), claim, now)).toMatchObject({
      message: 'expected logs of 2 different operators, got 1 (log-0.test)',
    });
  });

  it('says of an authority that is listed twice the operator whose window holds', async () => {
    const trustedRoot = await changedRoot((json) => {
      const [first = {}] = json.timestampAuthorities;
      const ended = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' };
      json.timestampAuthorities = [{ ...first, operator: 'old.test', validFor: ended }, first];
    });
    const claim = claimOf(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    const authority = keyless({ trustedRoot, time: { logs: 0, timestamps: 1 } });
    expect(prove(authority, withEvidence(claim, { timestamps }), now)).toMatchObject({
      times: [{ operator: 'tsa-0.test' }],
    });
  });

  it('says what is missing for the time', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const entry = await logV2(sigstore.logs[0], claim, signer);
    const either = keyless({ time: { logs: 0, timestamps: 0 } });
    const asked = 'expected a log entry with its time, or an RFC 3161 timestamp, got';
    expect(prove(either, claim, now)).toMatchObject({ message: `${asked} neither` });
    expect(prove(either, withEvidence(claim, { logEntries: [entry] }), now)).toMatchObject({
      message: `${asked} a log entry without time`,
    });
  });

  it('needs no log where the rule asks for timestamps alone, and does not look at entries then', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    const stranger = await offlineSigstore();
    const logEntries = [await logV1(stranger.logs[0], claim, { at, named: signer })];
    const time = { logs: 0, timestamps: 1 };
    expect(judged(withEvidence(claim, { timestamps }), { time })).toBe('proven');
    expect(judged(withEvidence(claim, { timestamps, logEntries }), { time })).toBe('proven');
    expect(judged(withEvidence(claim, { logEntries }), { time })).toBe('TIMESTAMP_INVALID');
  });

  it('takes either proof of time where the rule asks for none in particular', async () => {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const time = { logs: 0, timestamps: 0 };
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    expect(judged(withEvidence(claim, { timestamps }), { time })).toBe('proven');
    expect(judged(await logged(signer), { time })).toBe('proven');
    expect(judged(claim, { time })).toBe('TIME_UNPROVEN');
  });

  it('does not look at timestamps of a kind that its root knows nobody for', async () => {
    const signer = await shortLived();
    const stranger = await offlineSigstore();
    const claim = await logged(signer);
    const timestamps = [await stamp(stranger.stampers[0], claim.signature, at)];
    const trustedRoot = await changedRoot((json) => {
      json.timestampAuthorities = [];
    });
    expect(judged(withEvidence(claim, { timestamps }), { trustedRoot })).toBe('proven');
    expect(judged(withEvidence(claim, { timestamps }))).toBe('TIMESTAMP_INVALID');
  });

  it('does not look at entries where its root knows no log and the rule asks for none', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
    const trustedRoot = await changedRoot((json) => {
      json.tlogs = [];
    });
    const time = { logs: 0, timestamps: 0 };
    expect(judged(withEvidence(claim, { timestamps }), { trustedRoot, time })).toBe('proven');
    expect(judged(withEvidence(claim, { timestamps }), { trustedRoot })).toBe('LOG_ENTRY_INVALID');
  });

  it('refuses a claim by a key', async () => {
    const signer = await shortLived();
    expect(judged({ ...(await logged(signer)), material: { kind: 'key' } })).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('refuses a signature by another key than the one of the certificate', async () => {
    const claim = await logged(await shortLived());
    const other = claimOf(await shortLived());
    expect(judged({ ...claim, signature: other.signature })).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('proves P-384 keys with SHA-384 and refuses them with SHA-256', async () => {
    const signer = await shortLived({ curve: 'P-384' });
    const proven = async (hash: string): Promise<string> => {
      const claim = claimOf(signer, hash);
      const entry = await logV1(sigstore.logs[0], claim, { at, named: signer });
      return judged(withEvidence(claim, { logEntries: [entry] }));
    };
    expect(await proven('sha384')).toBe('proven');
    expect(await proven('sha256')).toBe('SIGNATURE_KEY_UNKNOWN');
  });
});

describe('thresholds', () => {
  async function twice(first: 0 | 1, second: 0 | 1): Promise<UnverifiedClaim> {
    const signer = await shortLived();
    const claim = claimOf(signer);
    const entries = [
      await logV1(sigstore.logs[first], claim, { at, named: signer, kind: 'dsse' }),
      await logV1(sigstore.logs[second], claim, { at: at + 1000, named: signer, kind: 'hashedrekord' }),
    ];
    return withEvidence(claim, { logEntries: entries });
  }

  it('proves two logs of two operators where two are asked for', async () => {
    expect(judged(await twice(0, 1), { time: { logs: 2, timestamps: 0 } })).toBe('proven');
  });

  it('attack 04: two entries of one log are one log', async () => {
    expect(judged(await twice(0, 0), { time: { logs: 2, timestamps: 0 } })).toBe('LOG_ENTRY_INVALID');
  });

  it.each([
    ['one operator', 'same.test'],
    ['an operator that the root does not name', undefined],
  ])('attack 04: two logs of %s are one log', async (_, operator) => {
    const trustedRoot = await changedRoot((json) => {
      for (const log of json.tlogs) log['operator'] = operator;
    });
    const claim = await twice(0, 1);
    expect(judged(claim, { trustedRoot, time: { logs: 2, timestamps: 0 } })).toBe('LOG_ENTRY_INVALID');
    expect(judged(claim, { trustedRoot })).toBe('proven');
  });

  it('attack 04: two timestamps of one authority are one, and a log is no timestamp authority', async () => {
    const signer = await shortLived();
    const claim = await logged(signer);
    const stamps = (second: 0 | 1): Promise<string[]> =>
      Promise.all([
        stamp(sigstore.stampers[0], claim.signature, at),
        stamp(sigstore.stampers[second], claim.signature, at + 1000),
      ]);
    const time = { logs: 0, timestamps: 2 };
    expect(judged(withEvidence(claim, { timestamps: await stamps(1) }), { time })).toBe('proven');
    expect(judged(withEvidence(claim, { timestamps: await stamps(0) }), { time })).toBe('TIMESTAMP_INVALID');
    const one = withEvidence(claim, { timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)] });
    expect(judged(one, { time })).toBe('TIMESTAMP_INVALID');
    expect(judged(one, { time: { logs: 1, timestamps: 1 } })).toBe('proven');
  });

  it.each([Number.NaN, -1, 1.5, '1', Number.POSITIVE_INFINITY])(
    'attack 38: a threshold of %s is refused',
    async (count) => {
      const claim = await logged(await shortLived());
      for (const time of [
        { logs: count as number, timestamps: 0 },
        { logs: 1, timestamps: count as number },
      ]) {
        expect(judged(claim, { time })).toBe('CONFIG_INVALID');
      }
    },
  );

  it('attack 43: more than four entries or timestamps are refused unread', async () => {
    const claim = await logged(await shortLived());
    const [entry] = claim.evidence.logEntries;
    const many = { logEntries: Array.from({ length: 2000 }, () => entry) };
    const stamps = { timestamps: Array.from({ length: 500 }, () => 'AAAA') };
    const start = process.cpuUsage();
    expect(judged(withEvidence(claim, many))).toBe('SIGNATURE_MALFORMED');
    expect(judged(withEvidence(claim, stamps))).toBe('SIGNATURE_MALFORMED');
    // To check them all takes several seconds.
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });
});
