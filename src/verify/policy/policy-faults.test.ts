import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { certificatePem } from '../../../test/fixtures/offline-bundles.ts';
import { newSigner, siteObject } from '../../../test/fixtures/signed-artifact.ts';
import { policyFaults } from '../index.ts';

const signer = newSigner();
const good = { name: 'a', key: { data: signer.publicPem } };
const policy = (spec: Record<string, unknown>) =>
  siteObject('VerificationPolicy', 'release', {
    spec: { match: { repositories: ['**'] }, authorities: [good], ...spec },
  });
const attested = (cel: string) => ({
  attestations: [{ name: 'p', predicateType: 'x', rules: [{ cel: 'true' }, { cel }] }],
});

describe('policyFaults', () => {
  it.each<[string, Record<string, unknown>, readonly PropertyKey[], string]>([
    [
      'a key that is none',
      { authorities: [good, { name: 'b', key: { data: 'broken' } }] },
      ['spec', 'authorities', 1, 'key', 'data'],
      'expected PEM blocks and nothing else',
    ],
    [
      'a second key that is none',
      {
        authorities: [
          {
            name: 'b',
            key: { data: `${signer.publicPem}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n` },
          },
        ],
      },
      ['spec', 'authorities', 0, 'key', 'data'],
      'expected a public key, got 3 other bytes',
    ],
    [
      'certificates that are none',
      {
        authorities: [{ name: 'b', certificate: { data: signer.publicPem, identities: [{ subject: 'x' }] } }],
      },
      ['spec', 'authorities', 0, 'certificate', 'data'],
      'expected PEM CERTIFICATE, got PUBLIC KEY',
    ],
    [
      'a rule that is none',
      attested('predicate.level =='),
      ['spec', 'attestations', 0, 'rules', 1, 'cel'],
      'line 1, column 19: Unexpected token: EOF',
    ],
    [
      'a denied key that is none',
      { deny: { keys: [signer.id, '-----BEGIN X'] } },
      ['spec', 'deny', 'keys', 1],
      'expected one PEM block',
    ],
  ])('finds %s, and where it stands', async (_what, spec, path, detail) => {
    const object = policy(spec);
    const faults = await policyFaults({ policies: [policy({}), object] });
    expect(faults).toEqual([{ object, path, detail: expect.stringContaining(detail) }]);
    expect(faults[0]?.object).toBe(object);
  });

  it('finds nothing in a good one', async () => {
    const authority = await makeAuthority('own.test');
    const own = { data: certificatePem(authority.der), identities: [{ subject: 'x' }] };
    const authorities = [
      good,
      { name: 'own', certificate: own },
      { name: 's', key: { secretRef: { name: 'later' } } },
    ];
    const object = policy({
      authorities,
      ...attested('predicate.level == 1'),
      deny: { keys: [signer.publicPem] },
    });
    expect(await policyFaults({ policies: [object] })).toEqual([]);
  });

  it('takes no fault of the program for one of the policy', async () => {
    const object = policy({});
    const broken = { ...object, spec: { ...object.spec, authorities: [{ name: 'a', key: { data: 1 } }] } };
    await expect(policyFaults({ policies: [broken as never] })).rejects.toThrow(TypeError);
  });

  it('finds an authority without root, and a signer’s certificate in the place of one', async () => {
    const root = await makeAuthority('root.test');
    const below = await makeAuthority('below.test', { above: root });
    const own = { data: certificatePem(below.der), identities: [{ subject: 'x' }] };
    const object = policy({ authorities: [{ name: 'own', certificate: own }] });
    expect(await policyFaults({ policies: [object] })).toMatchObject([
      { detail: 'expected a root (issued by itself) among the certificates, got 1 others' },
    ]);
  });
});
