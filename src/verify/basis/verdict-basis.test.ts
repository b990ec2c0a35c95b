import { beforeEach, describe, expect, it } from 'vitest';
import { desiredState, keyPolicy, ociSource, siteObject } from '../../../test/fixtures/signed-artifact.ts';
import { good, other, StandingSite, source } from '../../../test/fixtures/standing-site.ts';
import type { OciRepository, SiteObject } from '../../api/index.ts';
import { createStandingStage } from '../index.ts';

let site: StandingSite;

beforeEach(async () => {
  site = await StandingSite.open();
});

describe('what a verdict rests on', () => {
  const policy = keyPolicy('edge/release', [good.publicPem]);
  const secret = (name: string, entry: string, value: string) =>
    siteObject('Secret', name, { stringData: { [entry]: value } });
  const keyed = (fields: Record<string, unknown>) =>
    keyPolicy('edge/release', [], {
      authorities: [{ name: 'key', key: { data: good.publicPem }, ...fields }],
    });
  const byRoot = (root: Record<string, unknown> | undefined) =>
    siteObject('VerificationPolicy', 'edge/release', {
      spec: {
        match: { repositories: ['**'] },
        authorities: [
          {
            name: 'ci',
            keyless: {
              identities: [{ issuer: 'https://ci.test', subject: 'me' }],
              ...(root === undefined ? {} : { trustedRoot: root }),
            },
          },
        ],
      },
    });
  const basis = (of: OciRepository, ...objects: readonly SiteObject[]): string =>
    createStandingStage({ ...site.ports, rootId: (name) => `${site.rootId} of ${name}` }).basis(
      of,
      desiredState(of, ...objects),
    );

  it.each([
    [
      'a policy that matches another repository',
      keyPolicy('edge/x', [other.publicPem], { match: { repositories: ['elsewhere/**'] } }),
    ],
    ['a Secret that nobody names', secret('edge/other', 'cosign.pub', good.publicPem)],
    ['a ConfigMap', siteObject('ConfigMap', 'edge/x', { data: { a: 'b' } })],
  ])('is not changed by %s', (_, object) => {
    expect(basis(source, policy, object)).toBe(basis(source, policy));
  });

  it('is not changed by what of a source has nothing to do with it', () => {
    expect(basis(ociSource(undefined, { interval: '5m' }), policy)).toBe(basis(source, policy));
  });

  it.each([
    ['another policy that matches', [keyPolicy('edge/second', [good.publicPem])]],
    [
      'a policy that matches the source by name',
      [keyPolicy('default/x', [good.publicPem], { match: { sources: [{ name: 'app' }] } })],
    ],
  ])('is changed by %s', (_, objects) => {
    expect(basis(source, policy, ...objects)).not.toBe(basis(source, policy));
  });

  it('is changed by any field of a policy that matches', () => {
    const strict = keyPolicy('edge/release', [good.publicPem], { formats: ['bundle'] });
    const denying = keyPolicy('edge/release', [good.publicPem], {
      deny: { digests: [site.artifact.descriptor.digest] },
    });
    const bases = [policy, strict, denying].map((one) => basis(source, one));
    expect(new Set(bases).size).toBe(3);
  });

  it('is changed by the first policy of a site, although it matches something else', () => {
    const elsewhere = keyPolicy('edge/x', [good.publicPem], { match: { repositories: ['elsewhere/**'] } });
    expect(basis(source, elsewhere)).not.toBe(basis(source));
  });

  it('is changed by the trusted root that is named, and by no other', () => {
    const named = createStandingStage({
      ...site.ports,
      rootId: (name) => (name === 'ours' ? site.rootId : 'same'),
    });
    const desired = desiredState(source, byRoot({ name: 'ours' }));
    const before = named.basis(source, desired);
    const unrelated = desiredState(source, policy);
    const beforeUnrelated = named.basis(source, unrelated);
    site.rootId = 'sha256:another';
    expect(named.basis(source, desired)).not.toBe(before);
    expect(named.basis(source, unrelated)).toBe(beforeUnrelated);
  });

  const verifying = (verify: Record<string, unknown>) => ociSource(undefined, { verify });

  it.each([
    ['without keys', {}, true],
    ['with keys', { secretRef: { name: 'keys' } }, false],
  ])('is changed by the root of the public-good instance for spec.verify %s', (_, fields, isChanged) => {
    const of = verifying({ provider: 'cosign', ...fields });
    const before = basis(of);
    site.rootId = 'sha256:another';
    expect(basis(of) !== before).toBe(isChanged);
  });

  it.each([
    ['that is stored under another name', { name: 'ours' }],
    ['in a Secret', { secretRef: { name: 'root' } }],
  ])('is not changed by the root of the public-good instance for signers of a root %s', (_, root) => {
    const ids = new Map([['ours', 'sha256:ours']]);
    const asked: string[] = [];
    const stage = createStandingStage({
      ...site.ports,
      rootId: (name) => {
        asked.push(name);
        return ids.get(name);
      },
    });
    stage.basis(source, desiredState(source, byRoot(root)));
    expect(asked).toEqual('name' in root ? ['ours'] : []);
  });

  it('is changed by a Secret that is named when it comes', () => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const root = secret('edge/root', 'trusted_root.json', '1');
    expect(basis(source, named)).not.toBe(basis(source, named, root));
  });

  it('is the same in whatever order a Secret has its entries', () => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const entries = [
      ['a.pub', '1'],
      ['b.pub', '2'],
      ['c.pub', '3'],
    ];
    const [one, two] = [entries, entries.toReversed()].map((written) =>
      basis(source, named, siteObject('Secret', 'edge/root', { stringData: Object.fromEntries(written) })),
    );
    expect(one).toBe(two);
  });

  it.each([
    ['keyless signers without a root of their own', byRoot(undefined), true],
    ['keys that have to be in a log', keyed({ logs: 1 }), true],
    ['keys alone', keyed({}), false],
  ])('is changed by the root of the public-good instance for %s: %s', (_, object, isChanged) => {
    const before = basis(source, object);
    site.rootId = 'sha256:another';
    expect(basis(source, object) !== before).toBe(isChanged);
  });

  it.each([
    ['trusted_root.json', true],
    ['cosign.pub', true],
    ['cosign.key', false],
    ['cosign.password', false],
  ])('takes %s of a Secret that is named into account: %s', (entry, isCounted) => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const [one, two] = ['1', '2'].map((value) => basis(source, named, secret('edge/root', entry, value)));
    expect(one !== two).toBe(isCounted);
  });

  it('can be told of a source whose URL cannot be read', () => {
    expect(basis({ ...source, spec: { ...source.spec, url: 'oci://' } }, policy)).toMatch(/^[0-9a-f]{64}$/);
  });
});
