import fc from 'fast-check';
import type { Descriptor } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { selectBundles, selectLegacy } from './referrer-selection.ts';

const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const legacy = 'application/vnd.dev.cosign.artifact.sig.v1+json';

function entry(name: string, artifactType?: string, predicateType?: string): Descriptor {
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: name,
    size: 1,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(predicateType === undefined
      ? {}
      : { annotations: { 'dev.sigstore.bundle.predicateType': predicateType } }),
  };
}

const names = (listing: readonly Descriptor[]): readonly string[] => listing.map(({ digest }) => digest);

const listing = [
  entry('attestation', bundle, 'https://slsa.dev/provenance/v1'),
  entry('an untyped'),
  entry('sbom', 'application/spdx+json'),
  entry('unhinted', bundle),
  entry('legacy', legacy),
  entry('signature', bundle, 'https://sigstore.dev/cosign/sign/v1'),
  entry('signature', bundle, 'https://sigstore.dev/cosign/sign/v1'),
];

describe('referrers that may be signatures', () => {
  it('are ordered by what they say they are, and left out by type alone', () => {
    expect(names(selectBundles(listing, { purpose: 'signature' }).chosen)).toEqual([
      'signature',
      'unhinted',
      'an untyped',
      'attestation',
    ]);
    expect(names(selectLegacy(listing, 'signature').chosen)).toEqual(['an untyped', 'legacy']);
  });

  it('that are attestations are ordered by the types of predicate that are asked for', () => {
    const sought = { purpose: 'attestation', predicateTypes: ['https://slsa.dev/provenance/v1'] } as const;
    expect(names(selectBundles(listing, sought).chosen)).toEqual([
      'attestation',
      'unhinted',
      'an untyped',
      'signature',
    ]);
    const inToto = entry('an in-toto', 'application/vnd.in-toto+json');
    expect(names(selectLegacy([...listing, inToto], 'attestation').chosen)).toEqual([
      'an in-toto',
      'an untyped',
    ]);
  });

  it('attack 47: are the same in whatever order a registry lists them', () => {
    const many = [...listing, ...Array.from({ length: 40 }, (_, at) => entry(`b${at}`, bundle))];
    const order = fc.shuffledSubarray(many, { minLength: many.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        expect(names(selectBundles(shuffled, { purpose: 'signature' }).chosen)).toEqual(
          names(selectBundles(many, { purpose: 'signature' }).chosen),
        );
      }),
    );
  });

  it('are at most 16 of each format, the rest counted', () => {
    const many = Array.from({ length: 40 }, (_, at) => entry(`b${at}`, bundle));
    expect(selectBundles(many, { purpose: 'signature' })).toMatchObject({
      chosen: { length: 16 },
      omitted: 24,
    });
    expect(selectLegacy(many, 'signature')).toEqual({ chosen: [], omitted: 0 });
  });
});
