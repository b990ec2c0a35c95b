import { beforeAll, describe, expect, it } from 'vitest';
import {
  authority as authorityConstraints,
  type CertificateOptions,
  extendedKeyUsage,
  type Issued,
  type IssuingAuthority,
  issue,
  keyUsage,
  makeAuthority,
  names,
  oids,
  serverAuth,
  utf8,
} from '../../../test/fixtures/certificate-maker.ts';
import {
  claimOf,
  loadRoot,
  logV1,
  newKeyPair,
  type OfflineSigstore,
  offlineSigstore,
  rootJson,
  stamp,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { CertificateAuthority } from './authority.ts';
import { prove } from './prove.ts';
import type { TrustedRoot } from './trusted-root.ts';

const at = (Math.floor(Date.now() / 1000) + 10) * 1000;
const day = 24 * 3_600_000;
const now = at + 60_000;

let root: IssuingAuthority;
let middle: IssuingAuthority;
let sigstore: OfflineSigstore;
let trustedRoot: TrustedRoot;

beforeAll(async () => {
  root = await makeAuthority('root.test');
  middle = await makeAuthority('middle.test', { above: root });
  sigstore = await offlineSigstore();
  trustedRoot = await loadRoot(rootJson(sigstore));
});

const byAuthority = (change: Partial<CertificateAuthority> = {}): CertificateAuthority => ({
  kind: 'certificate',
  name: 'test',
  roots: [root.der],
  intermediates: [middle.der],
  identities: [
    {
      subject: { written: 'jo@example.test', matches: (text) => text === 'jo@example.test' },
      extensions: new Map(),
    },
  ],
  time: { logs: 0, timestamps: 0 },
  ...change,
});

function judged(claim: UnverifiedClaim, change?: Partial<CertificateAuthority>, when = now): string {
  const outcome = prove(byAuthority(change), claim, when);
  return outcome instanceof Refused ? outcome.code : 'proven';
}

describe('an authority of certificates', () => {
  it('proves who signed, by a root of the policy', async () => {
    expect(prove(byAuthority(), claimOf(await issue(root)), now)).toMatchObject({
      identity: { issuer: 'CN=root.test', subject: 'jo@example.test' },
      times: [],
    });
  });

  it('proves who signed, by an authority below a root', async () => {
    const claim = claimOf(await issue(middle));
    expect(prove(byAuthority(), claim, now)).toMatchObject({ identity: { issuer: 'CN=root.test' } });
    expect(judged(claim, { intermediates: [] })).toBe('CERTIFICATE_INVALID');
    expect(judged(claim, { roots: [] })).toBe('CERTIFICATE_INVALID');
  });

  it('refuses a certificate by an authority of the same name', async () => {
    const stranger = await makeAuthority('root.test');
    expect(judged(claimOf(await issue(stranger)))).toBe('CERTIFICATE_INVALID');
  });

  it('refuses a certificate with a key that is too short', async () => {
    const outcome = prove(byAuthority(), claimOf(await issue(root, { curve: 'RSA-1024' })), now);
    expect(outcome).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: expect.stringContaining('got RSA of 1024 bits'),
    });
  });

  it('refuses another name, no rule, and a claim by a key', async () => {
    const ann = { [oids.alternativeName]: { value: names(['email', 'ann@example.test']) } };
    expect(judged(claimOf(await issue(root, { extensions: ann })))).toBe('SIGNATURE_IDENTITY_UNKNOWN');
    expect(judged(claimOf(await issue(root)), { identities: [] })).toBe('SIGNATURE_IDENTITY_UNKNOWN');
    expect(judged(claimOf(newKeyPair()))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it('refuses a signature by another key than the one of the certificate', async () => {
    const { der } = await issue(root);
    expect(judged(claimOf({ ...newKeyPair(), der }))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  it.each<[string, NonNullable<CertificateOptions['extensions']>]>([
    ['an authority', { [oids.basicConstraints]: { critical: true, value: authorityConstraints() } }],
    ['for servers', { [oids.extendedKeyUsage]: { value: extendedKeyUsage(serverAuth) } }],
    ['without extended key usage', { [oids.extendedKeyUsage]: null }],
    ['with an unknown critical extension', { '1.2.3.4': { critical: true, value: utf8('?') } }],
    ['with a DNS name alone', { [oids.alternativeName]: { value: names(['dns', 'jo.example.test']) } }],
  ])('attack 33: a certificate %s is refused', async (_, extensions) => {
    expect(judged(claimOf(await issue(root, { extensions })))).toBe('CERTIFICATE_INVALID');
  });

  it.each<[string, CertificateOptions]>([
    ['that is no authority', { extensions: { [oids.basicConstraints]: null } }],
    ['whose key may not certify', { extensions: { [oids.keyUsage]: { value: keyUsage(0x80) } } }],
    ['for servers', { extensions: { [oids.extendedKeyUsage]: { value: extendedKeyUsage(serverAuth) } } }],
    [
      'with an unknown critical extension',
      { extensions: { '1.2.3.4': { critical: true, value: utf8('?') } } },
    ],
    ['that is not yet valid', { notBefore: new Date(at + day) }],
    ['that has expired', { notAfter: new Date(at - day) }],
  ])('attack 33: an issuer below the root %s is refused', async (_, options) => {
    const between = await makeAuthority('between.test', { above: root, ...options });
    const claim = claimOf(await issue(between));
    expect(judged(claim, { intermediates: [between.der] })).toBe('CERTIFICATE_INVALID');
  });

  it.each([
    ['code signing', '1.3.6.1.5.5.7.3.3'],
    ['any use', '2.5.29.37.0'],
  ])('proves by an issuer that is meant for %s', async (_, usage) => {
    const extensions = { [oids.extendedKeyUsage]: { value: extendedKeyUsage(serverAuth, usage) } };
    const between = await makeAuthority('between.test', { above: root, extensions });
    expect(judged(claimOf(await issue(between)), { intermediates: [between.der] })).toBe('proven');
  });

  it('holds path lengths', async () => {
    const extensions = { [oids.basicConstraints]: { critical: true, value: authorityConstraints(0) } };
    const short = await makeAuthority('short.test', { extensions });
    const below = await makeAuthority('below.test', { above: short });
    const roots = [short.der];
    expect(judged(claimOf(await issue(short)), { roots })).toBe('proven');
    expect(judged(claimOf(await issue(below)), { roots, intermediates: [below.der] })).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('holds the number of authorities in between', async () => {
    const chain = [root];
    for (let depth = 0; depth < 7; depth += 1) {
      const above = chain.at(-1) ?? root;
      chain.push(await makeAuthority(`below-${depth}.test`, { above }));
    }
    const judgedAt = async (depth: number): Promise<string> => {
      const intermediates = chain.slice(1, depth + 1).map(({ der }) => der);
      return judged(claimOf(await issue(chain[depth] ?? root)), { intermediates });
    };
    expect(await judgedAt(6)).toBe('proven');
    expect(await judgedAt(7)).toBe('CERTIFICATE_INVALID');
  });

  it('refuses a certificate that names another issuer than the one that signed it', async () => {
    const signer = await issue({ ...root, name: 'CN=other.test' });
    expect(judged(claimOf(signer))).toBe('CERTIFICATE_INVALID');
  });

  it('refuses a certificate that was signed with SHA-1', async () => {
    const outcome = prove(byAuthority(), claimOf(await issue(root, { hash: 'SHA-1' })), now);
    expect(outcome).toMatchObject({ code: 'CERTIFICATE_INVALID', message: expect.stringContaining('SHA-2') });
  });

  it('says what is wrong with the authority that did sign', async () => {
    const expired = await makeAuthority('old.test', { notAfter: new Date(at - day) });
    const outcome = prove(byAuthority({ roots: [expired.der] }), claimOf(await issue(expired)), now);
    expect(outcome).toMatchObject({
      message: expect.stringContaining('expected a certificate that is valid'),
    });
  });

  it('refuses roots that cannot be read', async () => {
    expect(judged(claimOf(await issue(root)), { roots: [Buffer.from('no')] })).toBe('CERTIFICATE_INVALID');
  });

  it('attack 22: an authority that only the evidence brings is refused', async () => {
    const own = await makeAuthority('own.test', { above: root });
    expect(judged(claimOf(await issue(own)))).toBe('CERTIFICATE_INVALID');
  });
});

describe('the time of a certificate', () => {
  const past = { notBefore: new Date(at - 10 * 60_000), notAfter: new Date(at + 10 * 60_000) };
  const both = { time: { logs: 1, timestamps: 1 } };
  const later = at + 100 * day;

  async function timed(signer: Issued): Promise<UnverifiedClaim> {
    const claim = claimOf(signer);
    return withEvidence(claim, {
      logEntries: [await logV1(sigstore.logs[0], claim, { at, named: signer })],
      timestamps: [await stamp(sigstore.stampers[0], claim.signature, at)],
    });
  }

  it('attack 34: is now, where none is proven', async () => {
    const claim = await timed(await issue(root, past));
    expect(judged(claim)).toBe('proven');
    expect(judged(claim, {}, later)).toBe('CERTIFICATE_INVALID');
    expect(judged(claim, {}, 0)).toBe('CERTIFICATE_INVALID');
    expect(judged(claim, {}, Number.NaN)).toBe('CERTIFICATE_INVALID');
  });

  it('is each proven one, where one is asked for', async () => {
    const claim = await timed(await issue(root, past));
    expect(prove(byAuthority({ ...both, trustedRoot }), claim, later)).toMatchObject({
      certifiedSince: past.notBefore.getTime(),
      times: [
        { by: 'log', at },
        { by: 'timestamp', at },
      ],
    });
    const stamped = { time: { logs: 0, timestamps: 1 }, trustedRoot };
    expect(prove(byAuthority(stamped), claim, later)).toMatchObject({ times: [{ by: 'timestamp', at }] });
    const ended = await timed(await issue(root, { ...past, notAfter: new Date(at - 60_000) }));
    expect(judged(ended, { ...both, trustedRoot }, later)).toBe('CERTIFICATE_INVALID');
  });

  it('attack 13: an authority that had expired at the proven time is refused', async () => {
    const expired = await makeAuthority('old.test', { notAfter: new Date(at - day) });
    const claim = await timed(await issue(expired));
    expect(judged(claim, { roots: [expired.der], ...both, trustedRoot })).toBe('CERTIFICATE_INVALID');
  });

  it('attack 01: an entry that names another certificate is refused', async () => {
    const signer = await issue(root);
    const claim = claimOf(signer);
    const entry = await logV1(sigstore.logs[0], claim, { at, named: await issue(root) });
    const time = { logs: 1, timestamps: 0 };
    expect(judged(withEvidence(claim, { logEntries: [entry] }), { time, trustedRoot })).toBe(
      'LOG_ENTRY_INVALID',
    );
  });

  it('refuses to look for evidence without a trusted root', async () => {
    expect(judged(await timed(await issue(root)), both)).toBe('TRUST_INVALID');
  });
});
