import { describe, expect, it } from 'vitest';
import {
  desiredState,
  keyPolicy,
  newSigner,
  ociSource,
  siteObject,
} from '../../../test/fixtures/signed-artifact.ts';
import type { DesiredState, OciRepository } from '../../api/index.ts';
import { requirementsOf } from './authorities.ts';
import type { TrustedRoots } from './trusted-roots.ts';

const release = newSigner();
const other = newSigner();

const secret = (name: string, stringData: Record<string, string>) =>
  siteObject('Secret', name, { stringData });
const verify = (spec: Record<string, unknown>) => ociSource('oci://registry.test/app', { verify: spec });

/** No test here names a trusted root. */
const noRoots: TrustedRoots = {
  open: async () => {
    throw new Error('was asked for a trusted root');
  },
};

const required = (source: OciRepository, desired: DesiredState) => requirementsOf(source, desired, noRoots);

/** Names of requirements, each with its signers and their keys. */
async function namesOf(source: OciRepository, desired: DesiredState): Promise<unknown> {
  const required = await requirementsOf(source, desired, noRoots);
  if (required.kind !== 'required') return required.kind;
  return required.requirements.map(({ name, authorities }) => [
    name,
    authorities.map((authority) => [
      authority.name,
      ...(authority.kind === 'key' ? authority.keys.map(({ key }) => key.id) : []),
    ]),
  ]);
}

describe('requirementsOf', () => {
  it('asks for nothing where there is no policy and no spec.verify', async () => {
    expect(await namesOf(ociSource(), desiredState())).toBe('not-required');
  });

  it('lets nothing pass unmatched once there is a policy', async () => {
    const policy = keyPolicy('release', [release.publicPem], { match: { repositories: ['other.test/**'] } });
    expect(await namesOf(ociSource(), desiredState(policy))).toBe('no-match');
  });

  it('takes every policy that matches, by repository or by name', async () => {
    const byRepository = keyPolicy('by-repository', [release.publicPem], {
      match: { repositories: ['registry.test/*'] },
    });
    const byName = keyPolicy('by-name', [other.publicPem], { match: { sources: [{ name: 'app' }] } });
    const unmatched = keyPolicy('unmatched', [other.publicPem], {
      match: { sources: [{ name: 'app', namespace: 'elsewhere' }] },
    });
    expect(await namesOf(ociSource(), desiredState(byRepository, byName, unmatched))).toEqual([
      ['VerificationPolicy/default/by-repository', [['by-repository/key-0', release.id]]],
      ['VerificationPolicy/default/by-name', [['by-name/key-0', other.id]]],
    ]);
  });

  it('reads a name without namespace in the namespace of the policy', async () => {
    const policy = keyPolicy('elsewhere/release', [release.publicPem], {
      match: { sources: [{ name: 'app' }] },
    });
    expect(await namesOf(ociSource(), desiredState(policy))).toBe('no-match');
  });

  it('matches repositories of sources in any namespace', async () => {
    const policy = keyPolicy('elsewhere/release', [release.publicPem]);
    expect(await namesOf(ociSource(), desiredState(policy))).toMatchObject([
      ['VerificationPolicy/elsewhere/release', [{}]],
    ]);
  });

  it('takes every .pub entry of a policy’s Secret, from the namespace of the policy', async () => {
    const policy = siteObject('VerificationPolicy', 'elsewhere/release', {
      spec: {
        match: { repositories: ['**'] },
        authorities: [{ name: 'team', key: { secretRef: { name: 'keys' } } }],
      },
    });
    const right = secret('elsewhere/keys', {
      'a.pub': release.publicPem,
      'b.pub': other.publicPem,
      'note.txt': 'no key',
    });
    const wrong = secret('keys', { 'c.pub': newSigner().publicPem });
    expect(await namesOf(ociSource(), desiredState(policy, wrong, right))).toEqual([
      ['VerificationPolicy/elsewhere/release', [['release/team', release.id, other.id]]],
    ]);
  });

  it('reads spec.verify as Flux does, next to the policies', async () => {
    const source = verify({ provider: 'cosign', secretRef: { name: 'keys' } });
    const keys = secret('keys', { 'a.pub': release.publicPem, 'b.pub': other.publicPem });
    const fromSource = [
      'spec.verify',
      [
        ['spec.verify/a.pub', release.id],
        ['spec.verify/b.pub', other.id],
      ],
    ];
    expect(await namesOf(source, desiredState(keys))).toEqual([fromSource]);
    const unmatched = keyPolicy('unmatched', [other.publicPem], {
      match: { repositories: ['other.test/*'] },
    });
    expect(await namesOf(source, desiredState(keys, unmatched))).toEqual([fromSource]);
    const matching = keyPolicy('matching', [other.publicPem]);
    expect(await namesOf(source, desiredState(keys, matching))).toMatchObject([
      ['VerificationPolicy/default/matching', [{}]],
      fromSource,
    ]);
  });

  const identity = [{ issuer: '^https://issuer.test$', subject: '^me$' }];
  it.each([
    ['notation', { provider: 'notation', secretRef: { name: 'keys' } }],
    ['an identity beside the keys', { secretRef: { name: 'keys' }, matchOIDCIdentity: identity }],
    [
      'a trusted root beside the keys',
      { secretRef: { name: 'keys' }, trustedRootSecretRef: { name: 'root' } },
    ],
  ])('refuses %s instead of ignoring it', async (_what, spec) => {
    const keys = secret('keys', { 'a.pub': release.publicPem });
    const policy = keyPolicy('matching', [release.publicPem]);
    await expect(required(verify(spec), desiredState(keys, policy))).rejects.toEqual(
      expect.objectContaining({ code: 'CONFIG_UNSUPPORTED', subject: 'OCIRepository/default/app' }),
    );
  });

  it.each([
    ['a Secret that is not there', [], 'OBJECT_NOT_FOUND'],
    [
      'a Secret of that name elsewhere',
      [secret('elsewhere/keys', { 'a.pub': release.publicPem })],
      'OBJECT_NOT_FOUND',
    ],
    ['a Secret without .pub entries', [secret('keys', { 'cosign.key': 'x' })], 'KEY_INVALID'],
    [
      'one broken key among good ones',
      [secret('keys', { 'a.pub': release.publicPem, 'b.pub': 'broken' })],
      'KEY_INVALID',
    ],
  ])('refuses %s', async (_what, secrets, code) => {
    const source = verify({ secretRef: { name: 'keys' } });
    await expect(required(source, desiredState(...secrets))).rejects.toEqual(
      expect.objectContaining({ code }),
    );
  });

  it('refuses a broken key in a policy and names it', async () => {
    const policy = keyPolicy('release', [release.publicPem, 'broken']);
    await expect(required(ociSource(), desiredState(policy))).rejects.toEqual(
      expect.objectContaining({
        code: 'KEY_INVALID',
        subject: 'VerificationPolicy/default/release authority key-1',
      }),
    );
  });
});
