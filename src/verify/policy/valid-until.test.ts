import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { certificatePem, signedBundle, workflowSigner } from '../../../test/fixtures/offline-bundles.ts';
import { offlineSigstore, rootJson } from '../../../test/fixtures/offline-sigstore.ts';
import { desiredState, newSigner } from '../../../test/fixtures/signed-artifact.ts';
import { by, policyOf, signedSite } from '../../../test/fixtures/signed-site.ts';
import { createTrustedRoots, createVerifyStage } from '../index.ts';

const alice = newSigner();
const bob = newSigner();
const carol = newSigner();
const instance = await offlineSigstore();
const own = await makeAuthority('own.test');
const subject = 'https://forge.test/app';
const year = 365 * 24 * 3_600_000;

const iso = (at: number): string => new Date(at).toISOString();
const now = Date.now();

/** The windows of the two logs end so many years from now. */
function rootUntil(...years: readonly (number | undefined)[]): string {
  const json = rootJson(instance);
  const tlogs = json.tlogs.map((log, at) => {
    const ends = years[at];
    const validFor = {
      start: '2020-01-01T00:00:00Z',
      ...(ends === undefined ? {} : { end: iso(now + ends * year) }),
    };
    return { ...log, publicKey: { ...(log['publicKey'] as object), validFor } };
  });
  return JSON.stringify({ ...json, tlogs });
}

const files: Readonly<Record<string, string>> = {
  'public-good': rootUntil(),
  'one-ends': rootUntil(2),
  'both-end': rootUntil(3, 1),
};
const roots = createTrustedRoots((name) => Buffer.from(files[name] ?? ''));

function pairOf({ privateKey, publicPem }: typeof alice) {
  return { privateKey, publicKey: createPublicKey(publicPem) };
}

const memberEnds = Math.floor((now + year / 4) / 1000) * 1000;
const member = await workflowSigner(own, { issuer: 'x', subject }, { notAfter: new Date(memberEnds) });
const { store, request } = await signedSite(
  [],
  [
    by(alice),
    by(bob),
    (digest) => signedBundle(instance, member, digest, { stamps: 1 }),
    (digest) => signedBundle(instance, pairOf(carol), digest, { logs: 2, unpromised: true }),
  ],
);

async function endOf(spec: Record<string, unknown>): Promise<number | undefined> {
  const stage = createVerifyStage({ openRepository: () => store, roots, now: () => Date.now() + 10_000 });
  const desired = desiredState(policyOf('p', spec));
  const verdict = await stage.verify({ ...request, desired }, new AbortController().signal);
  if (verdict.kind !== 'accepted') throw new Error(JSON.stringify(verdict));
  return verdict.validUntil;
}

const key = (name: string, { publicPem }: typeof alice, years?: number) => ({
  name,
  key: { data: publicPem, ...(years === undefined ? {} : { notAfter: iso(now + years * year) }) },
});
const certificate = { data: certificatePem(own.der), identities: [{ subject }] };

describe('an accepted verdict says from when on it has to be made again', () => {
  it('never, by keys without window', async () => {
    expect(await endOf({ authorities: [key('a', alice)] })).toBeUndefined();
  });

  it('when the window of a key closes that counts now', async () => {
    expect(await endOf({ authorities: [key('a', alice, 2)] })).toBe(now + 2 * year);
  });

  it('when the first of several windows closes', async () => {
    const authorities = [key('a', alice, 3), key('b', bob, 2)];
    expect(await endOf({ authorities, require: 'all' })).toBe(now + 2 * year);
  });

  it('when the certificate ends, where no time is proven', async () => {
    const authorities = [{ name: 'own', certificate }];
    const ownEnds = Date.parse(new X509Certificate(own.der).validTo);
    expect(await endOf({ authorities })).toBe(Math.min(ownEnds, memberEnds) + 1000);
  });

  it.each<[string, string, number, number | undefined]>([
    ['when the log ends', 'one-ends', 2, now + 2 * year + 1],
    ['when the first of several logs ends', 'both-end', 2, now + year + 1],
    ['never, where no log ends', 'public-good', 2, undefined],
  ])('%s that holds an entry without a time', async (_when, name, logs, expected) => {
    const { data } = key('c', carol).key;
    const authority = { name: 'c', key: { data, trustedRoot: { name } }, logs };
    expect(await endOf({ authorities: [authority] })).toBe(expected);
    const notAfter = iso(now + year / 2);
    const windowed = { ...authority, key: { ...authority.key, notAfter } };
    expect(await endOf({ authorities: [windowed] })).toBe(now + year / 2);
  });

  it('never, by a certificate with a proven time', async () => {
    const timed = { ...certificate, trustedRoot: { name: 'public-good' } };
    expect(
      await endOf({ authorities: [{ name: 'own', certificate: timed, timestamps: 1 }] }),
    ).toBeUndefined();
  });
});
