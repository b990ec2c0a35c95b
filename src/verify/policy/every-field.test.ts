import { createPublicKey } from 'node:crypto';
import { createMemoryStore, type Store } from 'oci-client-ts';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { certificatePem, signedBundle, workflowSigner } from '../../../test/fixtures/offline-bundles.ts';
import { offlineSigstore, rootJson } from '../../../test/fixtures/offline-sigstore.ts';
import {
  desiredState,
  legacyLayer,
  newSigner,
  ociSource,
  payloadOf,
  pushArtifact,
  pushBundle,
  pushLegacy,
  type SignedContent,
  siteObject,
} from '../../../test/fixtures/signed-artifact.ts';
import { type Floor, verificationPolicySchema } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { createFreshnessStage, createTrustedRoots, createVerifyStage } from '../index.ts';

// One artifact with evidence of every kind beside it; each field of a policy once lets it through and once does not.

const alice = newSigner();
const bob = newSigner();
const carol = newSigner();
const stranger = newSigner();
const issuer = 'https://issuer.test';
const subject = 'https://forge.test/org/app/.ci/release.yaml@refs/tags/v1';
const repositoryOid = '1.3.6.1.4.1.57264.1.12';
const repository = 'https://forge.test/org/app';
const provenance = 'https://slsa.dev/provenance/v1';
const now = Date.now() + 10_000;

const instance = await offlineSigstore();
const foreign = await offlineSigstore();
const ownAuthority = await makeAuthority('own.test');
const otherAuthority = await makeAuthority('other.test');
const ownPem = certificatePem(ownAuthority.der);
const otherPem = certificatePem(otherAuthority.der);
const privateRoot = JSON.stringify(rootJson(instance));
const foreignRoot = JSON.stringify(rootJson(foreign));

const secrets = [
  siteObject('Secret', 'alice', { stringData: { 'alice.pub': alice.publicPem } }),
  siteObject('Secret', 'stranger', { stringData: { 'stranger.pub': stranger.publicPem } }),
  siteObject('Secret', 'own', { stringData: { 'ca.crt': ownPem } }),
  siteObject('Secret', 'other', { stringData: { 'ca.pem': otherPem } }),
  siteObject('Secret', 'private', { stringData: { 'trusted_root.json': privateRoot } }),
  siteObject('Secret', 'foreign', { stringData: { 'trusted_root.json': foreignRoot } }),
];
const roots = createTrustedRoots((name) => {
  if (name === 'public-good' || name === 'private') return Buffer.from(privateRoot);
  if (name === 'foreign') return Buffer.from(foreignRoot);
  throw new SealiftError('OBJECT_NOT_FOUND', name, 'expected a trusted root, got none');
});

let store: Store;
let artifact: SignedContent;

beforeAll(async () => {
  store = createMemoryStore();
  artifact = await pushArtifact(store);
  const { descriptor } = artifact;
  const { digest } = descriptor;
  const bySigner = ({ privateKey, publicPem }: typeof alice) => ({
    privateKey,
    publicKey: createPublicKey(publicPem),
  });
  const workflow = { issuer, subject, extensions: { [repositoryOid]: repository } };
  const fulcio = await workflowSigner(instance.fulcio, workflow, {
    log: instance.ctLog,
    notBefore: new Date(now - 60 * 60_000),
  });
  const member = await workflowSigner(ownAuthority, workflow);
  const bundles = [
    await signedBundle(instance, bySigner(alice), digest, { logs: 1 }),
    await signedBundle(instance, bySigner(bob), digest),
    await signedBundle(instance, fulcio, digest, { logs: 1, stamps: 1 }),
    await signedBundle(instance, member, digest, { stamps: 1 }),
    await signedBundle(instance, bySigner(alice), digest, {
      statement: { predicateType: provenance, predicate: { level: 3 } },
    }),
  ];
  for (const bundle of bundles) await pushBundle(store, descriptor, bundle);
  await pushLegacy(store, descriptor, [legacyLayer(carol, payloadOf(digest))]);
});

interface Given {
  /** Changes of the spec; the base lets one key sign everything. */
  readonly spec: Record<string, unknown>;
  readonly floors?: readonly Floor[];
}

/** How it ends: `accepted`, or the code of the refusal, wherever it is refused. */
async function endOf({ spec, floors = [] }: Given): Promise<string> {
  const base = { match: { repositories: ['**'] }, authorities: [key('alice', alice)] };
  try {
    const policy = siteObject('VerificationPolicy', 'release', { spec: { ...base, ...spec } });
    const desired = desiredState(policy, ...secrets);
    const { descriptor: manifest, content } = artifact;
    const request = {
      source: ociSource(),
      desired,
      resolved: { revision: `v1.0.0@${manifest.digest}`, manifest, content },
    };
    const stage = createVerifyStage({ openRepository: () => store, roots, now: () => now });
    const verdict = await stage.verify(request, new AbortController().signal);
    if (verdict.kind === 'refused') return verdict.code;
    const fresh = createFreshnessStage().judge({ ...request, verdict, floors: { of: () => floors }, now });
    return fresh.kind === 'stale' ? fresh.code : 'let through';
  } catch (thrown) {
    if (thrown instanceof z.ZodError) return 'CONFIG_INVALID';
    if (thrown instanceof SealiftError) return thrown.code;
    throw thrown;
  }
}

const key = (name: string, { publicPem }: typeof alice, more: Record<string, unknown> = {}) => ({
  name,
  key: { data: publicPem, ...more },
});
const keyed = (fields: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  authorities: [{ name: 'alice', key: fields, ...more }],
});
const person = { issuer, subject };
const keyless = (identity: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  authorities: [
    { name: 'ci', keyless: { identities: [identity], trustedRoot: { name: 'private' } }, ...more },
  ],
});
const rooted = (trustedRoot: unknown) => ({
  authorities: [{ name: 'ci', keyless: { identities: [person], trustedRoot } }],
});
const certified = (fields: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  authorities: [
    { name: 'own', certificate: { data: ownPem, identities: [{ subject }], ...fields }, ...more },
  ],
});
const attested = (change: Record<string, unknown>, authorities = [key('alice', alice), key('bob', bob)]) => ({
  authorities,
  attestations: [{ name: 'provenance', predicateType: provenance, ...change }],
});
const rule = (cel: string) => attested({ rules: [{ cel, message: 'expected level 3' }] });
const deny = (what: Record<string, unknown>, more: Record<string, unknown> = {}) => ({ deny: what, ...more });
const fresh = (freshness: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  freshness,
  ...more,
});
const byCi = { authorities: keyless(person).authorities };
const floor = (value: string): Floor => ({
  repository: 'registry.test/app',
  stream: '',
  order: 'semver',
  epoch: 0,
  sources: [],
  superseded: [],
  withdrawn: [],
  at: 0,
  value,
});

type Row = readonly [lets: Record<string, unknown>, refuses: Record<string, unknown>, code: string];

const other = 'https://forge.test/org/other';
const rows: Readonly<Record<string, Row>> = {
  match: [{ match: { repositories: ['**'] } }, { match: { sources: [{ name: 'x' }] } }, 'POLICY_NO_MATCH'],
  'match.repositories': [
    { match: { repositories: ['registry.test/app'] } },
    { match: { repositories: ['registry.test/other'] } },
    'POLICY_NO_MATCH',
  ],
  'match.sources': [{ match: { sources: [{ name: 'app' }] } }, { match: { sources: [] } }, 'CONFIG_INVALID'],
  'match.sources[].name': [
    { match: { sources: [{ name: 'app' }] } },
    { match: { sources: [{ name: 'other' }] } },
    'POLICY_NO_MATCH',
  ],
  'match.sources[].namespace': [
    { match: { sources: [{ name: 'app', namespace: 'default' }] } },
    { match: { sources: [{ name: 'app', namespace: 'elsewhere' }] } },
    'POLICY_NO_MATCH',
  ],
  mode: [
    { mode: 'warn', authorities: [key('stranger', stranger)] },
    { mode: 'enforce', authorities: [key('stranger', stranger)] },
    'SIGNATURE_KEY_UNKNOWN',
  ],
  authorities: [{}, { authorities: [key('stranger', stranger)] }, 'SIGNATURE_KEY_UNKNOWN'],
  'authorities[].name': [
    attested({ authorities: ['alice'] }),
    attested({ authorities: ['alice'] }, [key('other', alice)]),
    'CONFIG_INVALID',
  ],
  'authorities[].key': [
    keyed({ data: alice.publicPem }),
    keyed({ data: stranger.publicPem }),
    'SIGNATURE_KEY_UNKNOWN',
  ],
  'authorities[].key.data': [
    keyed({ data: `${stranger.publicPem}${alice.publicPem}` }),
    keyed({ data: stranger.publicPem }),
    'SIGNATURE_KEY_UNKNOWN',
  ],
  'authorities[].key.secretRef': [
    keyed({ secretRef: { name: 'alice' } }),
    keyed({ secretRef: { name: 'stranger' } }),
    'SIGNATURE_KEY_UNKNOWN',
  ],
  'authorities[].key.notBefore': [
    keyed({ data: alice.publicPem, notBefore: '2020-01-01T00:00:00Z' }),
    keyed({ data: alice.publicPem, notBefore: '2120-01-01T00:00:00Z' }),
    'KEY_EXPIRED',
  ],
  'authorities[].key.notAfter': [
    keyed({ data: alice.publicPem, notAfter: '2120-01-01T00:00:00Z' }),
    keyed({ data: alice.publicPem, notAfter: '2020-01-01T00:00:00Z' }),
    'KEY_EXPIRED',
  ],
  'authorities[].key.trustedRoot': [
    keyed({ data: alice.publicPem, trustedRoot: { name: 'private' } }, { logs: 1 }),
    keyed({ data: alice.publicPem, trustedRoot: { name: 'private' } }),
    'CONFIG_INVALID',
  ],
  'authorities[].key.trustedRoot.name': [
    keyed({ data: alice.publicPem, trustedRoot: { name: 'private' } }, { logs: 1 }),
    keyed({ data: alice.publicPem, trustedRoot: { name: 'foreign' } }, { logs: 1 }),
    'LOG_ENTRY_INVALID',
  ],
  'authorities[].key.trustedRoot.secretRef': [
    keyed({ data: alice.publicPem, trustedRoot: { secretRef: { name: 'private' } } }, { logs: 1 }),
    keyed({ data: alice.publicPem, trustedRoot: { secretRef: { name: 'foreign' } } }, { logs: 1 }),
    'LOG_ENTRY_INVALID',
  ],
  'authorities[].keyless': [
    keyless(person),
    keyless({ ...person, subject: other }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities': [keyless(person), rooted({ name: 'gone' }), 'OBJECT_NOT_FOUND'],
  'authorities[].keyless.identities[].issuer': [
    keyless(person),
    keyless({ ...person, issuer: 'https://other.test' }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities[].issuerPattern': [
    keyless({ issuerPattern: 'https://issuer\\.test', subject }),
    keyless({ issuerPattern: 'https://issuer', subject }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities[].subject': [
    keyless(person),
    keyless({ issuer, subject: 'https://forge.test/org/app' }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities[].subjectPattern': [
    keyless({ issuer, subjectPattern: 'https://forge\\.test/org/app/.*@refs/tags/v[0-9]+' }),
    keyless({ issuer, subjectPattern: 'https://forge\\.test/org/app/' }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities[].extensions': [
    keyless({ ...person, extensions: { sourceRepository: repository } }),
    keyless({ ...person, extensions: { sourceRepository: other } }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.identities[].extensionPatterns': [
    keyless({ ...person, extensionPatterns: { [repositoryOid]: 'https://forge\\.test/org/.*' } }),
    keyless({ ...person, extensionPatterns: { [repositoryOid]: 'https://forge\\.test/org/' } }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].keyless.trustedRoot': [rooted(undefined), rooted({ name: 'foreign' }), 'LOG_ENTRY_INVALID'],
  'authorities[].keyless.trustedRoot.name': [
    rooted({ name: 'private' }),
    rooted({ name: 'foreign' }),
    'LOG_ENTRY_INVALID',
  ],
  'authorities[].keyless.trustedRoot.secretRef': [
    rooted({ secretRef: { name: 'private' } }),
    rooted({ secretRef: { name: 'foreign' } }),
    'LOG_ENTRY_INVALID',
  ],
  'authorities[].certificate': [certified({}), certified({ data: otherPem }), 'CERTIFICATE_INVALID'],
  'authorities[].certificate.data': [
    certified({ data: `${otherPem}${ownPem}` }),
    certified({ data: otherPem }),
    'CERTIFICATE_INVALID',
  ],
  'authorities[].certificate.secretRef': [
    certified({ data: undefined, secretRef: { name: 'own' } }),
    certified({ data: undefined, secretRef: { name: 'other' } }),
    'CERTIFICATE_INVALID',
  ],
  'authorities[].certificate.identities': [certified({}), certified({ identities: [] }), 'CONFIG_INVALID'],
  'authorities[].certificate.identities[].subject': [
    certified({}),
    certified({ identities: [{ subject: other }] }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].certificate.identities[].subjectPattern': [
    certified({ identities: [{ subjectPattern: 'https://.*' }] }),
    certified({ identities: [{ subjectPattern: 'forge\\.test' }] }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].certificate.identities[].extensions': [
    certified({ identities: [{ subject, extensions: { sourceRepository: repository } }] }),
    certified({ identities: [{ subject, extensions: { sourceRef: 'refs/heads/main' } }] }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].certificate.identities[].extensionPatterns': [
    certified({ identities: [{ subject, extensionPatterns: { sourceRepository: 'https://.*' } }] }),
    certified({ identities: [{ subject, extensionPatterns: { sourceRepository: 'http://.*' } }] }),
    'SIGNATURE_IDENTITY_UNKNOWN',
  ],
  'authorities[].certificate.trustedRoot': [
    certified({ trustedRoot: { name: 'private' } }, { timestamps: 1 }),
    certified({ trustedRoot: { name: 'private' } }),
    'CONFIG_INVALID',
  ],
  'authorities[].certificate.trustedRoot.name': [
    certified({ trustedRoot: { name: 'private' } }, { timestamps: 1 }),
    certified({ trustedRoot: { name: 'foreign' } }, { timestamps: 1 }),
    'TIMESTAMP_INVALID',
  ],
  'authorities[].certificate.trustedRoot.secretRef': [
    certified({ trustedRoot: { secretRef: { name: 'private' } } }, { timestamps: 1 }),
    certified({ trustedRoot: { secretRef: { name: 'foreign' } } }, { timestamps: 1 }),
    'TIMESTAMP_INVALID',
  ],
  'authorities[].logs': [
    keyed({ data: alice.publicPem }, { logs: 1 }),
    keyed({ data: alice.publicPem }, { logs: 2 }),
    'LOG_ENTRY_INVALID',
  ],
  'authorities[].timestamps': [
    keyless(person, { logs: 0, timestamps: 1 }),
    keyless(person, { logs: 0, timestamps: 2 }),
    'TIMESTAMP_INVALID',
  ],
  require: [
    { authorities: [key('alice', alice), key('bob', bob)], require: 'all' },
    { authorities: [key('alice', alice), key('stranger', stranger)], require: 'all' },
    'SIGNATURE_TOO_FEW',
  ],
  'require.atLeast': [
    { authorities: [key('alice', alice), key('bob', bob), key('x', stranger)], require: { atLeast: 2 } },
    { authorities: [key('alice', alice), key('bob', bob), key('x', stranger)], require: { atLeast: 3 } },
    'SIGNATURE_TOO_FEW',
  ],
  attestations: [
    attested({}),
    { attestations: [{ name: 'sbom', predicateType: 'https://spdx.dev/Document' }] },
    'ATTESTATION_MISSING',
  ],
  'attestations[].name': [attested({ name: 'any' }), attested({ name: 'Not A Name' }), 'CONFIG_INVALID'],
  'attestations[].predicateType': [
    attested({}),
    attested({ predicateType: 'https://slsa.dev/provenance/v0.2' }),
    'ATTESTATION_MISSING',
  ],
  'attestations[].authorities': [
    attested({ authorities: ['alice'] }),
    attested({ authorities: ['bob'] }),
    'ATTESTATION_MISSING',
  ],
  'attestations[].rules': [attested({ rules: [] }), rule('false'), 'ATTESTATION_REFUSED'],
  'attestations[].rules[].cel': [
    rule('predicate.level >= 3'),
    rule('predicate.level > 3'),
    'ATTESTATION_REFUSED',
  ],
  'attestations[].rules[].message': [
    rule('predicate.level == 3'),
    attested({ rules: [{ cel: 'true', message: '' }] }),
    'CONFIG_INVALID',
  ],
  deny: [deny({}), deny({ keys: [alice.id] }), 'POLICY_DENIED'],
  'deny.keys': [deny({ keys: [bob.id] }), deny({ keys: [alice.publicPem] }), 'POLICY_DENIED'],
  'deny.identities': [
    deny({ identities: [{ issuer: 'https://other.test' }] }, byCi),
    deny({ identities: [person] }, byCi),
    'POLICY_DENIED',
  ],
  'deny.identities[].issuer': [
    deny({ identities: [{ issuer: 'https://other.test', subject }] }, byCi),
    deny({ identities: [{ issuer }] }, byCi),
    'POLICY_DENIED',
  ],
  'deny.identities[].issuerPattern': [
    deny({ identities: [{ issuerPattern: 'issuer' }] }, byCi),
    deny({ identities: [{ issuerPattern: 'https://issuer.*' }] }, byCi),
    'POLICY_DENIED',
  ],
  'deny.identities[].subject': [
    deny({ identities: [{ issuer, subject: other }] }, byCi),
    deny({ identities: [{ subject }] }, byCi),
    'POLICY_DENIED',
  ],
  'deny.identities[].subjectPattern': [
    deny({ identities: [{ subjectPattern: 'org/app' }] }, byCi),
    deny({ identities: [{ subjectPattern: '.*/org/app/.*' }] }, byCi),
    'POLICY_DENIED',
  ],
  'deny.digests': [
    deny({ digests: [`sha256:${'0'.repeat(64)}`] }),
    { deny: 'the artifact' },
    'POLICY_DENIED',
  ],
  formats: [
    { authorities: [key('carol', carol)] },
    { authorities: [key('carol', carol)], formats: ['bundle'] },
    'SIGNATURE_KEY_UNKNOWN',
  ],
  freshness: [fresh({}), fresh({ order: 'sequence' }), 'REVISION_UNORDERED'],
  'freshness.order': [fresh({ order: 'none' }), fresh({ order: 'semver' }), 'REVISION_ROLLBACK'],
  'freshness.expires': [fresh({ expires: 'ignore' }), fresh({ expires: 'required' }), 'REVISION_EXPIRED'],
  'freshness.maxAge': [fresh({ maxAge: '1h' }, byCi), fresh({ maxAge: '1s' }, byCi), 'REVISION_EXPIRED'],
  'freshness.maxJump': [fresh({}), fresh({ maxJump: 5 }), 'CONFIG_INVALID'],
  'freshness.audience': [fresh({}), fresh({ audience: ['plant-7'] }), 'REVISION_OTHER_AUDIENCE'],
};

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Every field that a policy may write; `name` of a reference goes with it. */
function fieldsOf({ properties = {}, items, anyOf = [] }: JsonSchema, prefix = ''): readonly string[] {
  if (items !== undefined) return fieldsOf(items, `${prefix}[]`);
  if (Object.keys(properties).join() === 'name') return [];
  const own = Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [path, ...fieldsOf(schema, path)];
  });
  return [...own, ...anyOf.flatMap((schema) => fieldsOf(schema, prefix))];
}

const schema = z.toJSONSchema(verificationPolicySchema.shape.spec, { io: 'input' }) as JsonSchema;

describe('attack 03: a field of a policy that is ignored', () => {
  it('is found here: each field of the schema has a row', () => {
    expect(Object.keys(rows).sort()).toEqual([...fieldsOf(schema)].sort());
  });

  it.each(Object.entries(rows))('%s decides', async (field, [lets, refuses, code]) => {
    const floors = field === 'freshness.order' ? [floor('2.0.0')] : [];
    const refusing =
      refuses['deny'] === 'the artifact' ? deny({ digests: [artifact.descriptor.digest] }) : refuses;
    expect(await endOf({ spec: lets, floors })).toBe('let through');
    expect(await endOf({ spec: refusing, floors })).toBe(code);
  });

  it.each([
    ['spec', { authoritys: [] }],
    ['match', { match: { repositories: ['**'], repository: '**' } }],
    ['authority', { authorities: [{ ...key('alice', alice), log: 1 }] }],
    ['key', keyed({ data: alice.publicPem, notafter: '2020-01-01T00:00:00Z' })],
    ['identity', keyless({ ...person, subjectRegExp: 'x' })],
    ['extension', keyless({ ...person, extensions: { sourceRepositoryURI: repository } })],
    ['attestation', attested({ rule: 'false' })],
    ['rule', attested({ rules: [{ cel: 'true', expression: 'false' }] })],
    ['deny', deny({ key: [alice.id] })],
    ['freshness', fresh({ expiry: 'required' })],
  ])('an unknown field of %s is an error', async (_where, spec) => {
    expect(await endOf({ spec })).toBe('CONFIG_INVALID');
  });

  it.each([
    ['authorities beside require: none', { require: 'none' }],
    ['no authority', { authorities: [] }],
    ['a name twice', { authorities: [key('a', alice), key('a', bob)] }],
    ['more than there are', { require: { atLeast: 2 } }],
    [
      'attestations of one name',
      { attestations: [1, 2].map(() => ({ name: 'a', predicateType: provenance })) },
    ],
    ['a key and its absence', keyed({})],
    ['two sources of a key', keyed({ data: alice.publicPem, secretRef: { name: 'alice' } })],
    ['two kinds of authority', { authorities: [{ ...key('a', alice), keyless: { identities: [person] } }] }],
    ['no kind of authority', { authorities: [{ name: 'a' }] }],
    [
      'a window that is none',
      keyed({ data: alice.publicPem, notBefore: '2030-01-01T00:00:00Z', notAfter: '2029-01-01T00:00:00Z' }),
    ],
    ['two issuers', keyless({ ...person, issuerPattern: 'https://.*' })],
    ['no subject', keyless({ issuer })],
    ['an issuer of an own authority', certified({ identities: [{ issuer, subject }] })],
    ['five logs', keyed({ data: alice.publicPem }, { logs: 5 })],
  ])('%s is an error, since something would have no effect', async (_what, spec) => {
    expect(await endOf({ spec })).toBe('CONFIG_INVALID');
  });

  it('a pattern with a dot that stands for anything is an error', async () => {
    const spec = keyless({ issuerPattern: 'https://issuer.test', subject });
    expect(await endOf({ spec })).toBe('CONFIG_INVALID');
  });
});
