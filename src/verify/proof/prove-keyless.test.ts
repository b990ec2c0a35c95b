import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  authority,
  type CertificateOptions,
  der,
  extendedKeyUsage,
  type Issued,
  issue,
  keyUsage,
  makeAuthority,
  names,
  oid,
  oids,
  serverAuth,
  utf8,
} from '../../../test/fixtures/certificate-maker.ts';
import {
  claimOf,
  type EntryKind,
  loadRoot,
  logV1,
  logV2,
  type OfflineSigstore,
  offlineSigstore,
  type RootJson,
  rootJson,
  stamp,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { KeylessAuthority, TimeRule } from './authority.ts';
import type { IdentityRule, TextRule } from './identity-rule.ts';
import type { Proof } from './proof.ts';
import { prove } from './prove.ts';
import type { TrustedRoot } from './trusted-root.ts';

/** When everything is signed: after the authorities of the test began. */
const at = (Math.floor(Date.now() / 1000) + 10) * 1000;
const now = at + 60_000;
const minute = 60_000;

const is = (written: string): TextRule => ({ written, matches: (text) => text === written });
const anything: TextRule = { written: 'anything', matches: () => true };
const jo: IdentityRule = {
  issuer: is('https://issuer.test'),
  subject: is('jo@example.test'),
  extensions: new Map(),
};

let sigstore: OfflineSigstore;
let root: TrustedRoot;

beforeAll(async () => {
  sigstore = await offlineSigstore();
  root = await loadRoot(rootJson(sigstore));
});

interface Change {
  readonly identities?: readonly IdentityRule[];
  readonly time?: TimeRule;
  readonly trustedRoot?: TrustedRoot;
}

const keyless = (change: Change = {}): KeylessAuthority => ({
  kind: 'keyless',
  name: 'test',
  identities: [jo],
  time: { logs: 1, timestamps: 0 },
  trustedRoot: root,
  ...change,
});

/** A certificate as Fulcio gives it: ten minutes, logged. */
const shortLived = (options: CertificateOptions = {}): Promise<Issued> =>
  issue(sigstore.fulcio, {
    notBefore: new Date(at - 5 * minute),
    notAfter: new Date(at + 5 * minute),
    log: sigstore.ctLog,
    ...options,
  });

async function logged(signer: Issued, kind?: EntryKind): Promise<UnverifiedClaim> {
  const claim = claimOf(signer);
  const entry = await logV1(sigstore.logs[0], claim, { at, named: signer, ...(kind && { kind }) });
  return withEvidence(claim, { logEntries: [entry] });
}

const codeOf = (outcome: Proof | Refused): string => (outcome instanceof Refused ? outcome.code : 'proven');
const judged = (claim: UnverifiedClaim, change?: Change, when = now): string =>
  codeOf(prove(keyless(change), claim, when));

async function changedRoot(change: (json: RootJson) => void): Promise<TrustedRoot> {
  const json = rootJson(sigstore);
  change(json);
  return loadRoot(json);
}

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

describe('certificates', () => {
  it('attack 13: an authority that had expired when the certificate signed is refused', async () => {
    const expired = await makeAuthority('old.test', {
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
    });
    const trustedRoot = await changedRoot((json) => {
      const certificates = [{ rawBytes: expired.der.toString('base64') }];
      json.certificateAuthorities.push({ uri: 'old', certChain: { certificates } });
    });
    const signer = await issue(expired, { log: sigstore.ctLog });
    expect(judged(await logged(signer), { trustedRoot })).toBe('CERTIFICATE_INVALID');
  });

  it('attack 22: an authority that only the evidence names is refused', async () => {
    const own = await makeAuthority('fulcio.test');
    const signer = await issue(own, { log: sigstore.ctLog });
    expect(judged(await logged(signer))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate without proof of its logging is refused', async () => {
    const { log: _, ...options } = { log: undefined, notBefore: new Date(at - minute) };
    expect(judged(await logged(await issue(sigstore.fulcio, options)))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate that an unknown CT log recorded is refused', async () => {
    const stranger = await offlineSigstore();
    expect(judged(await logged(await shortLived({ log: stranger.ctLog })))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate that is its own issuer is refused', async () => {
    const own = await makeAuthority('self.test', {
      log: sigstore.ctLog,
      extensions: {
        [oids.basicConstraints]: null,
        [oids.keyUsage]: { critical: true, value: keyUsage(0x80) },
        [oids.extendedKeyUsage]: { value: extendedKeyUsage('1.3.6.1.5.5.7.3.3') },
        [oids.alternativeName]: { value: names(['email', 'jo@example.test']) },
        [oids.issuer]: { value: utf8('https://issuer.test') },
      },
    });
    expect(judged(await logged(own))).toBe('CERTIFICATE_INVALID');
  });

  it.each<[string, NonNullable<CertificateOptions['extensions']>]>([
    ['an authority', { [oids.basicConstraints]: { critical: true, value: authority() } }],
    ['for servers', { [oids.extendedKeyUsage]: { value: extendedKeyUsage(serverAuth) } }],
    ['for any use', { [oids.extendedKeyUsage]: { value: extendedKeyUsage('2.5.29.37.0') } }],
    ['without extended key usage', { [oids.extendedKeyUsage]: null }],
    ['with a key for agreement only', { [oids.keyUsage]: { critical: true, value: keyUsage(0x08) } }],
    ['with an unknown critical extension', { '1.2.3.4': { critical: true, value: utf8('?') } }],
    [
      'with name constraints that are critical',
      { [oids.nameConstraints]: { critical: true, value: utf8('?') } },
    ],
    ['with a DNS name alone', { [oids.alternativeName]: { value: names(['dns', 'jo.example.test']) } }],
    ['without name', { [oids.alternativeName]: null }],
    [
      'with two names, of which a rule would see one',
      { [oids.alternativeName]: { value: names(['email', 'jo@example.test'], ['uri', 'https://x.test']) } },
    ],
    [
      'with a name that ends early for some',
      { [oids.alternativeName]: { value: names(['email', 'jo@example.test\0.evil']) } },
    ],
    [
      'with a name of a kind that is not known',
      {
        [oids.alternativeName]: {
          value: der(0x30, der(0xa0, oid('1.3.6.1.4.1.311.20.2.3'), der(0xa0, utf8('jo@example.test')))),
        },
      },
    ],
    [
      'with a user name that is no UTF-8 by its own word',
      {
        [oids.alternativeName]: {
          value: der(
            0x30,
            der(0xa0, oid('1.3.6.1.4.1.57264.1.7'), der(0xa0, der(0x13, Buffer.from('jo@example.test')))),
          ),
        },
      },
    ],
    ['with an issuer that is no UTF-8', { [oids.issuer]: { value: der(0x0c, Buffer.of(0xff)) } }],
    ['with an issuer of two lines', { [oids.issuer]: { value: utf8('https://issuer.test\n') } }],
    ['with an issuer that is no text', { [oids.issuer]: { value: names(['uri', 'https://issuer.test']) } }],
  ])('attack 33: a certificate %s is refused', async (_, extensions) => {
    expect(judged(await logged(await shortLived({ extensions })))).toBe('CERTIFICATE_INVALID');
  });

  it('knows an unknown extension that is not critical as one that need not be known', async () => {
    const extensions = { '1.2.3.4': { value: utf8('?') } };
    expect(judged(await logged(await shortLived({ extensions })))).toBe('proven');
  });

  it('refuses what is no certificate at all', async () => {
    const claim = await logged(await shortLived());
    expect(judged({ ...claim, material: { kind: 'certificate', leaf: Buffer.from('no') } })).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('refuses a certificate with bytes behind it', async () => {
    const signer = await shortLived();
    const claim = await logged({ ...signer, der: Buffer.concat([signer.der, Buffer.of(0)]) });
    expect(judged(claim)).toBe('CERTIFICATE_INVALID');
  });
});

describe('identities', () => {
  const named = async (
    extensions: NonNullable<CertificateOptions['extensions']>,
    rule: Partial<IdentityRule>,
  ): Promise<string> => {
    const claim = await logged(await shortLived({ extensions }));
    return judged(claim, { identities: [{ ...jo, ...rule }] });
  };

  it.each([
    ['an e-mail address', names(['email', 'ann@example.test']), 'ann@example.test'],
    ['a URI', names(['uri', 'https://ci.test/job@refs/heads/main']), 'https://ci.test/job@refs/heads/main'],
    ['the user name of Fulcio', names(['user', 'ann!domain']), 'ann!domain'],
    ['a URI beside a host', names(['dns', 'h.test'], ['uri', 'https://ci.test/job']), 'https://ci.test/job'],
  ])('proves %s as subject', async (_, value, subject) => {
    const extensions = { [oids.alternativeName]: { critical: true, value } };
    expect(await named(extensions, { subject: is(subject) })).toBe('proven');
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 19: the subject has to be what the rule says, not only to hold it', async () => {
    const extensions = { [oids.alternativeName]: { value: names(['email', 'jo@example.test.evil']) } };
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 19: another issuer for the same subject is refused', async () => {
    const extensions = { [oids.issuer]: { value: utf8('https://issuer.test.evil') } };
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('reads the old extension for the issuer where there is no new one', async () => {
    const old = { value: Buffer.from('https://issuer.test') };
    expect(await named({ [oids.issuer]: null, [oids.oldIssuer]: old }, {})).toBe('proven');
    const other = { [oids.issuer]: { value: utf8('https://other.test') }, [oids.oldIssuer]: old };
    expect(await named(other, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it.each([
    ['the same', 'https://repo.test/a', 'proven'],
    ['another', 'https://repo.test/b', 'SIGNATURE_IDENTITY_UNKNOWN'],
    ['a long', `https://repo.test/${'x'.repeat(200)}`, 'SIGNATURE_IDENTITY_UNKNOWN'],
  ])('compares extensions that the rule names: %s text', async (_, text, outcome) => {
    const rules = new Map([[oids.repository as string, is('https://repo.test/a')]]);
    expect(await named({ [oids.repository]: { value: utf8(text) } }, { extensions: rules })).toBe(outcome);
  });

  it('reads extensions longer than 127 bytes', async () => {
    const long = `https://repo.test/${'x'.repeat(300)}`;
    const rules = new Map([[oids.repository as string, is(long)]]);
    expect(await named({ [oids.repository]: { value: utf8(long) } }, { extensions: rules })).toBe('proven');
  });

  it.each<[string, NonNullable<CertificateOptions['extensions']>, Partial<IdentityRule>]>([
    ['issuer', { [oids.issuer]: null }, { issuer: anything }],
    ['issuer that is empty', { [oids.issuer]: { value: utf8('') } }, { issuer: anything }],
    [
      'user name that is empty',
      { [oids.alternativeName]: { value: names(['user', '']) } },
      { subject: anything },
    ],
    ['extension', {}, { extensions: new Map([[oids.repository as string, anything]]) }],
    [
      'extension that is empty',
      { [oids.repository]: { value: utf8('') } },
      { extensions: new Map([[oids.repository as string, anything]]) },
    ],
  ])('attack 23: a missing %s matches no rule, not even one for anything', async (_, extensions, rule) => {
    expect(await named(extensions, rule)).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 23: no rule at all names nobody', async () => {
    expect(judged(await logged(await shortLived()), { identities: [] })).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('takes any of several rules', async () => {
    const other = { ...jo, subject: is('ann@example.test') };
    expect(judged(await logged(await shortLived()), { identities: [other, jo] })).toBe('proven');
  });

  it('says whom it expected and whom it got', async () => {
    const claim = await logged(await shortLived());
    const got = 'got "jo@example.test" by the word of "https://issuer.test"';
    expect(prove(keyless({ identities: [] }), claim, now)).toMatchObject({
      message: `expected nobody, ${got}`,
    });
    const ann = { subject: is('ann@example.test'), extensions: new Map([['1.2.3', is('x')]]) };
    const bob = { issuer: is('https://issuer.test'), subject: is('bob@example.test'), extensions: new Map() };
    expect(prove(keyless({ identities: [ann, bob] }), claim, now)).toMatchObject({
      message: `expected ann@example.test 1.2.3 x, or bob@example.test by the word of https://issuer.test, ${got}`,
    });
  });
});

describe('time', () => {
  it('attack 14: a timestamp by a stranger who brings a certificate of the right name is refused', async () => {
    const stranger = await offlineSigstore();
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(stranger.stampers[0], claim.signature, at)];
    expect(judged(withEvidence(claim, { timestamps }))).toBe('TIMESTAMP_INVALID');
  });

  it('attack 14: a timestamp over something else is refused', async () => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signedBytes, at)];
    expect(judged(withEvidence(claim, { timestamps }))).toBe('TIMESTAMP_INVALID');
  });

  it.each([
    ['the envelope', 'proven'],
    ['the signature', 'proven'],
    ['something else', 'TIMESTAMP_INVALID'],
  ])('of a legacy attestation with a timestamp over %s is %s', async (what, expected) => {
    const claim = await logged(await shortLived());
    const envelope = Buffer.from('the whole envelope');
    const stamped = { 'the envelope': envelope, 'the signature': claim.signature }[what] ?? claim.signedBytes;
    const timestamps = [await stamp(sigstore.stampers[0], stamped, at)];
    expect(judged(withEvidence({ ...claim, timestamped: envelope }, { timestamps }))).toBe(expected);
  });

  it('of a legacy attestation is not what is refused when its certificate had ended', async () => {
    const ended = { notBefore: new Date(at - 10 * minute), notAfter: new Date(at - minute) };
    const claim = await logged(await shortLived(ended));
    const envelope = Buffer.from('the whole envelope');
    const timestamps = [await stamp(sigstore.stampers[0], envelope, at)];
    expect(judged(withEvidence({ ...claim, timestamped: envelope }, { timestamps }))).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('refuses bytes that are no timestamp', async () => {
    const claim = await logged(await shortLived());
    expect(judged(withEvidence(claim, { timestamps: ['AAAA'] }))).toBe('TIMESTAMP_INVALID');
    expect(judged(withEvidence(claim, { timestamps: ['MAA='] }))).toBe('TIMESTAMP_INVALID');
  });

  it.each([0, 1, 20, 300, 456])('reads a timestamp %i ms after the full second', async (fraction) => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at + fraction)];
    expect(prove(keyless(), withEvidence(claim, { timestamps }), now)).toMatchObject({
      times: expect.arrayContaining([{ by: 'timestamp', operator: 'tsa-0.test', at: at + fraction }]),
    });
  });

  it('refuses a signature after the certificate ended', async () => {
    const options = { notBefore: new Date(at - 10 * minute), notAfter: new Date(at - minute) };
    const cause = 'certificate is not valid or expired at the specified date';
    expect(prove(keyless(), await logged(await shortLived(options)), now)).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: `expected evidence that holds: "Failed to verify certificate chain: ${cause}"`,
    });
  });

  it('refuses a timestamp outside of the certificate beside a log entry inside', async () => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at + 10 * minute)];
    expect(judged(withEvidence(claim, { timestamps }), {}, at + 20 * minute)).toBe('CERTIFICATE_INVALID');
  });

  it.each([
    ['five minutes ahead', at - 5 * minute, 'proven'],
    ['more than five minutes ahead', at - 5 * minute - 1, 'TIMESTAMP_INVALID'],
    ['ahead of a clock at 1970', 0, 'TIMESTAMP_INVALID'],
    ['ahead of a clock that was set back two years', at - 2 * 365 * 24 * 60 * minute, 'TIMESTAMP_INVALID'],
    ['long past for a clock that runs two years ahead', at + 2 * 365 * 24 * 60 * minute, 'proven'],
    ['compared with no clock', Number.NaN, 'TIMESTAMP_INVALID'],
  ])('attack 34: a time %s is judged so', async (_, when, outcome) => {
    expect(judged(await logged(await shortLived()), {}, when)).toBe(outcome);
  });
});
