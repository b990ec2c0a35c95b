import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createMemoryStore, type Store } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../src/site/index.ts';
import { createTrustedRoots, createVerifyStage } from '../../src/verify/index.ts';
import { makeAuthority } from '../fixtures/certificate-maker.ts';
import {
  type BundleOptions,
  certificatePem,
  signedBundle,
  type WorkflowIdentity,
  workflowSigner,
} from '../fixtures/offline-bundles.ts';
import { type ClaimSigner, offlineSigstore, rootJson } from '../fixtures/offline-sigstore.ts';
import {
  newSigner,
  ociSource,
  pushArtifact,
  pushBundle,
  type SignedContent,
  type Signer,
  siteObject,
} from '../fixtures/signed-artifact.ts';
import { root } from './house/link-packages.ts';

// The policies of `policies/` as they stand there, against what they are written for and against what they are written against.

const folder = path.join(root, 'policies');
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

const instance = await offlineSigstore();
const ownAuthority = await makeAuthority('own.test');
const trusted = Buffer.from(JSON.stringify(rootJson(instance)));
const roots = createTrustedRoots(() => trusted);

const people = {
  release: newSigner(),
  old: newSigner(),
  alice: newSigner(),
  bob: newSigner(),
  carol: newSigner(),
};
const stranger = newSigner();
const holder = ({ privateKey, publicPem }: Signer): ClaimSigner => ({
  privateKey,
  publicKey: createPublicKey(publicPem),
});
const secret = (name: string, entries: Record<string, string>) =>
  siteObject('Secret', name, { stringData: entries });
const secrets = [
  secret('release-key', { 'release.pub': people.release.publicPem }),
  secret('release-key-2027', { 'release.pub': people.release.publicPem }),
  secret('release-key-2026', { 'release.pub': people.old.publicPem }),
  secret('alice', { 'alice.pub': people.alice.publicPem }),
  secret('bob', { 'bob.pub': people.bob.publicPem }),
  secret('carol', { 'carol.pub': people.carol.publicPem }),
  secret('signing-authority', { 'root.crt': certificatePem(ownAuthority.der) }),
];

type Evidence = (digest: string) => Promise<Record<string, unknown>>;

const by =
  (signer: Signer, options: BundleOptions = {}): Evidence =>
  (digest) =>
    signedBundle(instance, holder(signer), digest, options);

const workflow =
  (identity: WorkflowIdentity, options: BundleOptions = { logs: 1 }): Evidence =>
  async (digest) =>
    signedBundle(
      instance,
      await workflowSigner(instance.fulcio, identity, { log: instance.ctLog }),
      digest,
      options,
    );

const employee =
  (subject: string, options: BundleOptions = { stamps: 1 }): Evidence =>
  async (digest) =>
    signedBundle(instance, await workflowSigner(ownAuthority, { issuer: 'x', subject }), digest, options);

const github = 'https://token.actions.githubusercontent.com';
const oid = (number: number, text: string) => ({ [`1.3.6.1.4.1.57264.1.${number}`]: text });
const run = (file: string, ref: string, repository = 'example/app', trigger = 'push'): WorkflowIdentity => ({
  issuer: github,
  subject: `https://github.com/${repository}/.github/workflows/${file}@${ref}`,
  extensions: { ...oid(12, `https://github.com/${repository}`), ...oid(20, trigger) },
});
const pipeline = (ref: string, project = 'example/app', issuer = 'https://gitlab.com'): WorkflowIdentity => ({
  issuer,
  subject: `https://gitlab.com/${project}//.gitlab-ci.yml@${ref}`,
  extensions: oid(12, `https://gitlab.com/${project}`),
});
const provenance = (builder: string, source: string) => ({
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    runDetails: { builder: { id: builder } },
    buildDefinition: { resolvedDependencies: [{ uri: source }] },
  },
});
const attests = (statement: Record<string, unknown>): Evidence =>
  workflow(run('build.yaml', 'refs/heads/main'), { logs: 1, statement });
const runner = 'https://github.com/actions/runner/github-hosted';
const source = 'git+https://github.com/example/app@refs/heads/main';
const both = { logs: 1, stamps: 1 } as const;
const mail = (subject: string, issuer = 'https://login.example') => ({ issuer, subject });

interface Example {
  readonly url: string;
  readonly accepts: readonly (readonly Evidence[])[];
  readonly refuses: readonly (readonly [evidence: readonly Evidence[], code: string])[];
}

const registry = 'oci://registry.example/prod/app';
const examples: Readonly<Record<string, Example>> = {
  'one-key.yaml': {
    url: registry,
    accepts: [[by(people.release)], [by(stranger), by(people.release)]],
    refuses: [
      [[], 'SIGNATURE_MISSING'],
      [[by(stranger)], 'SIGNATURE_KEY_UNKNOWN'],
      [[() => by(people.release)(`sha256:${'b'.repeat(64)}`)], 'SIGNATURE_WRONG_DIGEST'],
    ],
  },
  'key-rotation.yaml': {
    url: registry,
    accepts: [[by(people.release)], [by(people.old, { stamps: 1 })]],
    refuses: [
      [[by(people.old)], 'TIMESTAMP_INVALID'],
      [[by(people.old, { stamps: 1, at: Date.parse('2027-03-01T00:00:00Z') })], 'KEY_EXPIRED'],
      [[by(stranger)], 'SIGNATURE_KEY_UNKNOWN'],
    ],
  },
  'two-of-three.yaml': {
    url: registry,
    accepts: [
      [by(people.alice), by(people.bob)],
      [by(people.carol), by(stranger), by(people.bob)],
      [by(people.alice), by(people.bob), by(people.carol)],
    ],
    refuses: [
      [[by(people.alice)], 'SIGNATURE_TOO_FEW'],
      [[by(people.alice), by(people.alice)], 'SIGNATURE_TOO_FEW'],
      [[by(people.alice), by(stranger)], 'SIGNATURE_TOO_FEW'],
      [[], 'SIGNATURE_MISSING'],
    ],
  },
  'github-actions-keyless.yaml': {
    url: 'oci://ghcr.io/example/app',
    accepts: [[workflow(run('release.yaml', 'refs/tags/v1.2.3'))]],
    refuses: [
      [[workflow(run('release.yaml', 'refs/heads/main'))], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [[workflow(run('other.yaml', 'refs/tags/v1.2.3'))], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [[workflow(run('release.yaml', 'refs/tags/v1', 'evil/app'))], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [
        [workflow(run('release.yaml', 'refs/tags/v1', undefined, 'pull_request_target'))],
        'SIGNATURE_IDENTITY_UNKNOWN',
      ],
      [
        [
          workflow({
            ...run('release.yaml', 'refs/tags/v1'),
            extensions: oid(12, 'https://github.com/evil/app'),
          }),
        ],
        'SIGNATURE_IDENTITY_UNKNOWN',
      ],
      [
        [workflow({ ...run('release.yaml', 'refs/tags/v1'), issuer: 'https://evil.test' })],
        'SIGNATURE_IDENTITY_UNKNOWN',
      ],
      [[workflow(run('release.yaml', 'refs/tags/v1'), { stamps: 1 })], 'LOG_ENTRY_INVALID'],
      [[by(people.release)], 'SIGNATURE_KEY_UNKNOWN'],
    ],
  },
  'gitlab-keyless.yaml': {
    url: 'oci://registry.gitlab.com/example/app/release',
    accepts: [[workflow(pipeline('refs/tags/v1.2.3'))]],
    refuses: [
      [[workflow(pipeline('refs/heads/main'))], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [[workflow(pipeline('refs/tags/v1', 'evil/app'))], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [
        [workflow(pipeline('refs/tags/v1', 'example/app', 'https://gitlab.evil.test'))],
        'SIGNATURE_IDENTITY_UNKNOWN',
      ],
    ],
  },
  'private-sigstore.yaml': {
    url: registry,
    accepts: [[workflow(mail('jo@release.example'), both)]],
    refuses: [
      [[workflow(mail('jo@release.example'), { logs: 1 })], 'TIMESTAMP_INVALID'],
      [[workflow(mail('jo@release.example'), { stamps: 1 })], 'LOG_ENTRY_INVALID'],
      [[workflow(mail('jo@release.example.evil.test'), both)], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [[workflow(mail('jo@release.example', 'https://evil.test'), both)], 'SIGNATURE_IDENTITY_UNKNOWN'],
    ],
  },
  'provenance-required.yaml': {
    url: 'oci://ghcr.io/example/app',
    accepts: [
      [by(people.release), attests(provenance(runner, source))],
      [
        attests(provenance(runner, 'git+https://evil.test')),
        by(people.release),
        attests(provenance(runner, source)),
      ],
    ],
    refuses: [
      [[by(people.release)], 'ATTESTATION_MISSING'],
      [[attests(provenance(runner, source))], 'SIGNATURE_MISSING'],
      [[by(people.release), attests(provenance('https://evil.test', source))], 'ATTESTATION_REFUSED'],
      [[by(people.release), attests(provenance(runner, 'git+https://evil.test'))], 'ATTESTATION_REFUSED'],
      [
        [by(people.release), attests({ predicateType: 'https://slsa.dev/provenance/v1', predicate: {} })],
        'ATTESTATION_REFUSED',
      ],
      [
        [by(people.release), by(people.release, { statement: provenance(runner, source) })],
        'ATTESTATION_MISSING',
      ],
    ],
  },
  'own-certificate-authority.yaml': {
    url: registry,
    accepts: [[employee('spiffe://example/ns/release/jo')]],
    refuses: [
      [[employee('spiffe://example/ns/release/jo', {})], 'TIMESTAMP_INVALID'],
      [[employee('spiffe://example/ns/other/jo')], 'SIGNATURE_IDENTITY_UNKNOWN'],
      [
        [workflow({ issuer: 'x', subject: 'spiffe://example/ns/release/jo' }, { stamps: 1 })],
        'CERTIFICATE_INVALID',
      ],
    ],
  },
  'allow-unsigned.yaml': {
    url: 'oci://registry.example/sandbox/app',
    accepts: [[], [by(stranger)]],
    refuses: [],
  },
};

interface Judged {
  readonly name: string;
  readonly url: string;
  readonly evidence: readonly Evidence[];
}

async function verdictOn({ name, url, evidence }: Judged): Promise<string> {
  const store: Store = createMemoryStore();
  const artifact: SignedContent = await pushArtifact(store);
  const { descriptor: manifest, content } = artifact;
  for (const made of evidence) await pushBundle(store, manifest, await made(manifest.digest));
  const text = readFileSync(path.join(folder, name), 'utf8');
  const { policies } = parseConfiguration([{ path: name, text }]);
  const desired = { sources: [], deliveries: [], configMaps: [], secrets, policies };
  const now = Math.max(Date.now() + 10_000, Date.parse('2027-06-01T00:00:00Z'));
  const stage = createVerifyStage({ openRepository: () => store, roots, now: () => now });
  const resolved = { revision: `v1@${manifest.digest}`, manifest, content };
  const verdict = await stage.verify(
    { source: ociSource(url), desired, resolved },
    new AbortController().signal,
  );
  return verdict.kind === 'refused' ? verdict.code : verdict.kind;
}

describe('the policies that come with Sealift', () => {
  it('have an example each, and say on top what they are for', () => {
    expect(names.sort()).toEqual(Object.keys(examples).sort());
    for (const name of names) expect(readFileSync(path.join(folder, name), 'utf8')).toMatch(/^# [A-Z].{20}/);
  });

  const accepted = Object.entries(examples).flatMap(([name, { url, accepts }]) =>
    accepts.map((evidence, at) => ({ name, url, evidence, at })),
  );
  it.each(accepted)('$name accepts what it is for ($at)', async (judged) => {
    const expected = judged.name === 'allow-unsigned.yaml' ? 'not-required' : 'accepted';
    expect(await verdictOn(judged)).toBe(expected);
  });

  const refused = Object.entries(examples).flatMap(([name, { url, refuses }]) =>
    refuses.map(([evidence, code], at) => ({ name, url, evidence, code, at })),
  );
  it.each(refused)('$name refuses with $code ($at)', async ({ code, ...judged }) => {
    expect(await verdictOn(judged)).toBe(code);
  });

  it.each(Object.entries(examples))('%s is about its own repositories alone', async (name) => {
    expect(await verdictOn({ name, url: 'oci://elsewhere.test/app', evidence: [] })).toBe('POLICY_NO_MATCH');
  });
});
