import { X509Certificate } from 'node:crypto';
import { createMemoryStore } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { certificatePem, signedBundle, workflowSigner } from '../../../test/fixtures/offline-bundles.ts';
import { offlineSigstore, rootJson } from '../../../test/fixtures/offline-sigstore.ts';
import {
  bundleOf,
  desiredState,
  newSigner,
  ociSource,
  pushArtifact,
  pushBundle,
  siteObject,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import { createTrustedRoots, createVerifyStage } from '../index.ts';

const alice = newSigner();
const bob = newSigner();
const instance = await offlineSigstore();
const own = await makeAuthority('own.test');
const roots = createTrustedRoots(() => Buffer.from(JSON.stringify(rootJson(instance))));
const subject = 'https://forge.test/app';
const year = 365 * 24 * 3_600_000;

const store = createMemoryStore();
const { descriptor: manifest, content } = await pushArtifact(store);
const { digest } = manifest;
const member = await workflowSigner(own, { issuer: 'x', subject });
for (const bundle of [
  bundleOf(alice, statementOf(digest)),
  bundleOf(bob, statementOf(digest)),
  await signedBundle(instance, member, digest, { stamps: 1 }),
]) {
  await pushBundle(store, manifest, bundle);
}

async function endOf(spec: Record<string, unknown>): Promise<number | undefined> {
  const policy = siteObject('VerificationPolicy', 'p', {
    spec: { match: { repositories: ['**'] }, ...spec },
  });
  const stage = createVerifyStage({ openRepository: () => store, roots, now: () => Date.now() + 10_000 });
  const resolved = { revision: `v1@${digest}`, manifest, content };
  const request = { source: ociSource(), desired: desiredState(policy), resolved };
  const verdict = await stage.verify(request, new AbortController().signal);
  if (verdict.kind !== 'accepted') throw new Error(JSON.stringify(verdict));
  return verdict.validUntil;
}

const iso = (at: number): string => new Date(at).toISOString();
const now = Date.now();
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
    const ends = [own.der, member.der].map((der) => Date.parse(new X509Certificate(der).validTo));
    expect(await endOf({ authorities: [{ name: 'own', certificate }] })).toBe(Math.min(...ends) + 1000);
  });

  it('never, by a certificate with a proven time', async () => {
    const timed = { ...certificate, trustedRoot: { name: 'public-good' } };
    expect(
      await endOf({ authorities: [{ name: 'own', certificate: timed, timestamps: 1 }] }),
    ).toBeUndefined();
  });
});
