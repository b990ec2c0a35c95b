import { OciError, type ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  bundleOf,
  contentOf,
  desiredState,
  envelopeOf,
  keyPolicy,
  type LegacyLayer,
  pushBundle,
  pushLegacy,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { accepted, SignedRoom, signer, stranger } from '../../test/fixtures/signed-room.ts';

const provenance = 'https://slsa.dev/provenance/v1';
const envelopeType = 'application/vnd.dsse.envelope.v1+json';

const desired = desiredState(
  keyPolicy('built', [signer.publicPem], {
    require: 'none',
    attestations: [{ name: 'built', predicateType: provenance, rules: [{ cel: "predicate.by == 'us'" }] }],
  }),
);

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

const refusedFor = (code: string) =>
  expect.objectContaining({
    kind: 'refused',
    refusals: expect.arrayContaining([expect.objectContaining({ code })]),
  });
const verdict = (repository: ReadStore = room.store) => room.verdict({ desired, repository });

const attestation = (of = room.artifact, change = {}) =>
  statementOf(of.descriptor.digest, { predicateType: provenance, predicate: { by: 'us' }, ...change });
const layer = (by = signer, statement: unknown = attestation()): LegacyLayer => ({
  content: contentOf(envelopeType, envelopeOf(by, statement)),
  annotations: { 'dev.cosignproject.cosign/signature': '', predicateType: provenance },
});

async function pushTagged(layers: readonly LegacyLayer[]): Promise<void> {
  const { descriptor } = await pushLegacy(room.store, room.artifact.descriptor, layers, {
    subject: room.subject,
    annotations: { home: 'tag' },
  });
  await room.store.tag(descriptor, `${room.digest.replace(':', '-')}.att`);
}

/** Puts an attestation beside the artifact, in each of its homes. */
const homes = {
  'in a bundle': (by = signer, statement: unknown = attestation()) =>
    pushBundle(room.store, room.artifact.descriptor, bundleOf(by, statement)),
  'under the legacy tag': (by = signer, statement: unknown = attestation()) =>
    pushTagged([layer(by, statement)]),
  'as a legacy referrer': (by = signer, statement: unknown = attestation()) =>
    pushLegacy(room.store, room.artifact.descriptor, [layer(by, statement)], {
      subject: room.subject,
      artifactType: 'application/vnd.in-toto+json',
    }),
} as const;
const names = Object.keys(homes) as (keyof typeof homes)[];

describe('an attestation that a policy asks for', () => {
  it.each(names)('is accepted %s', async (home) => {
    await homes[home]();
    expect(await verdict()).toEqual(accepted);
  });

  it('attack 25: is missing, and the verdict says so', async () => {
    expect(await verdict()).toMatchObject({
      kind: 'refused',
      code: 'ATTESTATION_MISSING',
      detail: expect.stringContaining(provenance),
    });
  });

  it.each(names)('attack 07: is not made up for by a signature, nor by another type, %s', async (home) => {
    await room.put('sigstore bundle');
    await room.put('legacy tag');
    await homes[home](signer, attestation(room.artifact, { predicateType: 'https://spdx.dev/Document' }));
    expect(await verdict()).toMatchObject({ kind: 'refused' });
  });

  it.each(names)('attack 08: is refused when it is about another artifact, %s', async (home) => {
    await homes[home](signer, attestation(room.other));
    expect(await verdict()).toEqual(refusedFor('SIGNATURE_WRONG_DIGEST'));
  });

  it.each(names)('attack 09: is refused when it was found, and somebody else signed it, %s', async (home) => {
    await homes[home](stranger);
    expect(await verdict()).toEqual(refusedFor('SIGNATURE_KEY_UNKNOWN'));
  });

  it.each(names)(
    'attack 18: is refused when its payload was changed after it was signed, %s',
    async (home) => {
      const { signatures } = envelopeOf(signer, attestation(room.artifact, { predicate: { by: 'them' } }));
      const forged = { ...envelopeOf(stranger, attestation()), signatures };
      const { descriptor } = room.artifact;
      if (home === 'in a bundle') {
        await pushBundle(room.store, descriptor, bundleOf(signer, '', { dsseEnvelope: forged }));
      } else {
        const forgery = { ...layer(), content: contentOf(envelopeType, forged) };
        await (home === 'under the legacy tag'
          ? pushTagged([forgery])
          : pushLegacy(room.store, descriptor, [forgery], {
              subject: room.subject,
              artifactType: 'application/vnd.in-toto+json',
            }));
      }
      expect(await verdict()).toEqual(refusedFor('SIGNATURE_KEY_UNKNOWN'));
    },
  );

  it.each(['first', 'last'])('attack 47: counts among bad ones when it is %s', async (place) => {
    const bad = [
      layer(stranger),
      layer(signer, attestation(room.other)),
      layer(signer, attestation(room.artifact, { predicate: { by: 'them' } })),
      layer(signer, 'junk'),
    ];
    await pushTagged(place === 'first' ? [layer(), ...bad] : [...bad, layer()]);
    expect(await verdict()).toEqual(accepted);
  });

  it('attack 41: is not missing while its tag cannot be asked for', async () => {
    const repository: ReadStore = {
      ...readableStore(room.store),
      resolve: async (reference, options) => {
        if (!reference.endsWith('.att')) return room.store.resolve(reference, options);
        throw new OciError('server-error', reference, 'it does not answer');
      },
    };
    await expect(verdict(repository)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' });
  });
});

describe('an attestation that nobody asks for', () => {
  it.each(names)('attack 07: is no signature, %s', async (home) => {
    await homes[home]();
    expect(await room.verdict()).toMatchObject({ kind: 'refused' });
  });
});
