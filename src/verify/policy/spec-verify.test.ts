import { createMemoryStore, type Store } from 'oci-client-ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { signedBundle, workflowSigner } from '../../../test/fixtures/offline-bundles.ts';
import { offlineSigstore, rootJson } from '../../../test/fixtures/offline-sigstore.ts';
import {
  bundleOf,
  desiredState,
  keyPolicy,
  legacyLayer,
  newSigner,
  ociSource,
  payloadOf,
  pushArtifact,
  pushBundle,
  pushLegacy,
  type SignedContent,
  siteObject,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import type { Verdict } from '../../api/index.ts';
import { createTrustedRoots, createVerifyStage } from '../index.ts';

// `spec.verify` of an OCIRepository, as Flux reads it.

const issuer = 'https://token.actions.test';
const subject = 'https://forge.test/org/app/.ci/release.yaml@refs/tags/v1';
const instance = await offlineSigstore();
const foreign = await offlineSigstore();
const good = newSigner();
const other = newSigner();
const rootText = (of: typeof instance): string => JSON.stringify(rootJson(of));

const secrets = [
  siteObject('Secret', 'good', { stringData: { 'cosign.pub': good.publicPem } }),
  siteObject('Secret', 'two', { stringData: { 'a.pub': other.publicPem, 'b.pub': good.publicPem } }),
  siteObject('Secret', 'wrong', { stringData: { 'cosign.pub': other.publicPem } }),
  siteObject('Secret', 'no-pub', { stringData: { 'cosign.key': 'x' } }),
  siteObject('Secret', 'no-key', { stringData: { 'cosign.pub': 'not a key' } }),
  siteObject('Secret', 'private', { stringData: { 'trusted_root.json': rootText(instance) } }),
  siteObject('Secret', 'foreign', { stringData: { 'trusted_root.json': rootText(foreign) } }),
  siteObject('Secret', 'broken', { stringData: { 'trusted_root.json': '{' } }),
];
/** Only this one is stored. */
const roots = createTrustedRoots((name) => {
  if (name !== 'public-good') throw new Error(`${name}: not stored`);
  return Buffer.from(rootText(instance));
});

let store: Store;
const artifacts: Record<string, SignedContent> = {};

beforeAll(async () => {
  store = createMemoryStore();
  for (const name of ['bundle', 'legacy', 'keyless', 'unsigned'])
    artifacts[name] = await pushArtifact(store, name);
  const { bundle, legacy, keyless } = artifacts;
  if (bundle === undefined || legacy === undefined || keyless === undefined) throw new Error('no artifacts');
  await pushBundle(store, bundle.descriptor, bundleOf(good, statementOf(bundle.descriptor.digest)));
  await pushLegacy(store, legacy.descriptor, [legacyLayer(good, payloadOf(legacy.descriptor.digest))]);
  const signer = await workflowSigner(instance.fulcio, { issuer, subject }, { log: instance.ctLog });
  const made = await signedBundle(instance, signer, keyless.descriptor.digest, { logs: 1 });
  await pushBundle(store, keyless.descriptor, made);
});

async function verdictOn(
  name: string,
  verify: Record<string, unknown>,
  policies = desiredState(),
): Promise<Verdict> {
  const artifact = artifacts[name];
  if (artifact === undefined) throw new Error(`no artifact ${name}`);
  const { descriptor: manifest, content } = artifact;
  const stage = createVerifyStage({ openRepository: () => store, roots, now: () => Date.now() + 10_000 });
  const desired = { ...policies, secrets };
  const resolved = { revision: `v1@${manifest.digest}`, manifest, content };
  const source = ociSource('oci://registry.test/app', { verify });
  return stage.verify({ source, desired, resolved }, new AbortController().signal);
}

const endOf = async (name: string, verify: Record<string, unknown>): Promise<string> =>
  verdictOn(name, verify).then(
    (verdict) => (verdict.kind === 'refused' ? verdict.code : verdict.kind),
    (thrown: { code?: string }) => `throws ${thrown.code}`,
  );

const anchored = { issuer: '^https://token\\.actions\\.test$', subject: '^https://forge\\.test/org/app/.*$' };

describe('spec.verify with keys', () => {
  it.each([
    ['bundle', 'good', 'accepted'],
    ['legacy', 'good', 'accepted'],
    ['bundle', 'two', 'accepted'],
    ['legacy', 'two', 'accepted'],
    ['bundle', 'wrong', 'SIGNATURE_KEY_UNKNOWN'],
    ['legacy', 'wrong', 'SIGNATURE_KEY_UNKNOWN'],
    ['unsigned', 'good', 'SIGNATURE_MISSING'],
    ['keyless', 'good', 'SIGNATURE_KEY_UNKNOWN'],
    ['bundle', 'no-pub', 'throws KEY_INVALID'],
    ['bundle', 'no-key', 'throws KEY_INVALID'],
    ['bundle', 'absent', 'throws OBJECT_NOT_FOUND'],
  ])('%s artifact, Secret %s: %s', async (name, secret, end) => {
    expect(await endOf(name, { provider: 'cosign', secretRef: { name: secret } })).toBe(end);
  });
});

it('spec.verify with keys says that a certificate is no key', async () => {
  expect(await verdictOn('keyless', { provider: 'cosign', secretRef: { name: 'good' } })).toMatchObject({
    code: 'SIGNATURE_KEY_UNKNOWN',
    detail: expect.stringContaining('got one with a certificate'),
  });
});

describe('spec.verify without keys', () => {
  it.each<[string, string, Record<string, unknown>, string]>([
    ['an identity', 'keyless', { matchOIDCIdentity: [anchored] }, 'accepted'],
    [
      'the second of two identities',
      'keyless',
      { matchOIDCIdentity: [{ issuer: '^x$', subject: '^x$' }, anchored] },
      'accepted',
    ],
    [
      'a pattern that matches inside, as Flux lets it',
      'keyless',
      { matchOIDCIdentity: [{ issuer: 'actions', subject: 'org/app' }] },
      'accepted',
    ],
    [
      'another issuer',
      'keyless',
      { matchOIDCIdentity: [{ ...anchored, issuer: '^https://evil\\.test$' }] },
      'SIGNATURE_IDENTITY_UNKNOWN',
    ],
    [
      'another subject',
      'keyless',
      { matchOIDCIdentity: [{ ...anchored, subject: '^https://forge\\.test/evil/.*$' }] },
      'SIGNATURE_IDENTITY_UNKNOWN',
    ],
    [
      'a trusted root of its own',
      'keyless',
      { matchOIDCIdentity: [anchored], trustedRootSecretRef: { name: 'private' } },
      'accepted',
    ],
    [
      'the trusted root of another instance',
      'keyless',
      { matchOIDCIdentity: [anchored], trustedRootSecretRef: { name: 'foreign' } },
      'CERTIFICATE_INVALID',
    ],
    [
      'a trusted root that is none',
      'keyless',
      { trustedRootSecretRef: { name: 'broken' } },
      'throws TRUST_INVALID',
    ],
    [
      'a Secret without trusted root',
      'keyless',
      { trustedRootSecretRef: { name: 'good' } },
      'throws OBJECT_NOT_FOUND',
    ],
    [
      'a pattern that is none',
      'keyless',
      { matchOIDCIdentity: [{ issuer: '(', subject: 'x' }] },
      'throws CONFIG_INVALID',
    ],
    ['nobody named', 'keyless', {}, 'accepted'],
    ['a key’s signature', 'bundle', { matchOIDCIdentity: [anchored] }, 'SIGNATURE_KEY_UNKNOWN'],
    ['nothing signed', 'unsigned', { matchOIDCIdentity: [anchored] }, 'SIGNATURE_MISSING'],
    [
      'notation',
      'bundle',
      { provider: 'notation', secretRef: { name: 'good' } },
      'throws CONFIG_UNSUPPORTED',
    ],
    [
      'keys and identities',
      'bundle',
      { secretRef: { name: 'good' }, matchOIDCIdentity: [anchored] },
      'throws CONFIG_UNSUPPORTED',
    ],
  ])('%s', async (_what, name, verify, end) => {
    expect(await endOf(name, { provider: 'cosign', ...verify })).toBe(end);
  });

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ['nobody is named', {}, ['spec.verify names no identity']],
    [
      'a pattern has no anchors',
      { matchOIDCIdentity: [{ ...anchored, subject: 'org/app' }] },
      ['matchOIDCIdentity[0].subject matches anywhere'],
    ],
    ['all is well', { matchOIDCIdentity: [anchored] }, []],
  ])('warns when %s', async (_when, verify, warnings) => {
    const verdict = await verdictOn('keyless', verify);
    expect(verdict).toMatchObject({
      kind: 'accepted',
      warnings: warnings.map((detail) => ({
        code: 'IDENTITY_LOOSE',
        detail: expect.stringContaining(detail),
      })),
    });
  });

  it('names who signed, when, and by whose word', async () => {
    expect(await verdictOn('keyless', { matchOIDCIdentity: [anchored] })).toMatchObject({
      signers: [
        {
          authority: 'spec.verify/keyless',
          identity: { issuer, subject },
          times: [{ by: 'log', operator: 'log-0.test', at: expect.any(Number) }],
        },
      ],
    });
  });
});

describe('spec.verify beside policies', () => {
  it('both have to hold', async () => {
    const verify = { secretRef: { name: 'good' } };
    const matching = desiredState(keyPolicy('release', [good.publicPem]));
    const stricter = desiredState(keyPolicy('release', [other.publicPem]));
    expect(await verdictOn('bundle', verify, matching)).toMatchObject({ kind: 'accepted' });
    expect(await verdictOn('bundle', verify, stricter)).toMatchObject({ kind: 'refused' });
  });
});
