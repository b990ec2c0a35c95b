import { beforeEach, describe, expect, it } from 'vitest';
import { bundleOf, envelopeOf, pushBundle, statementOf } from '../../test/fixtures/signed-artifact.ts';
import { accepted, refusedWith, SignedRoom, signer } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('the signed statement of a bundle', () => {
  const statement = (change: Record<string, unknown> = {}) => statementOf(room.digest, change);
  const sha = (): string => room.digest.slice(7);

  it.each<[string, string, () => unknown]>([
    [
      'attack 07: of another predicate type',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ predicateType: 'https://slsa.dev/provenance/v1' })),
    ],
    [
      'attack 07: of a predicate type with something behind it',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ predicateType: 'https://sigstore.dev/cosign/sign/v1/' })),
    ],
    [
      'attack 07: of an empty predicate type',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ predicateType: '' })),
    ],
    [
      'attack 07: of another statement type',
      'SIGNATURE_WRONG_TYPE',
      () => bundleOf(signer, statement({ _type: 'https://in-toto.io/Statement/v0.1' })),
    ],
    [
      'attack 07: of another payload type',
      'SIGNATURE_WRONG_TYPE',
      () => ({ ...room.bundle(), dsseEnvelope: envelopeOf(signer, statement(), 'text/plain') }),
    ],
    ['attack 07: whose payload is no JSON', 'SIGNATURE_MALFORMED', () => bundleOf(signer, 'not JSON')],
    [
      'attack 18: whose payload has a key twice',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, JSON.stringify(statement()).replace('{', '{"predicateType":"x",')),
    ],
    [
      'attack 18: whose statement has an unknown field',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ extra: 1 })),
    ],
    ['without subject', 'SIGNATURE_MALFORMED', () => bundleOf(signer, statement({ subject: [] }))],
    [
      'attack 12: with 1,025 subjects',
      'SIGNATURE_MALFORMED',
      () => bundleOf(signer, statement({ subject: Array(1025).fill({ digest: { sha256: sha() } }) })),
    ],
    [
      'attack 12: with 33 digests',
      'SIGNATURE_MALFORMED',
      () =>
        bundleOf(
          signer,
          statement({
            subject: [
              {
                digest: {
                  sha256: sha(),
                  ...Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`x${at}`, 'y'])),
                },
              },
            ],
          }),
        ),
    ],
    [
      'attack 08: without digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: {} }] })),
    ],
    [
      'attack 08: of the right digest under another algorithm',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha512: sha() } }] })),
    ],
    [
      'attack 08: of the digest in capitals',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: sha().toUpperCase() } }] })),
    ],
    [
      'attack 08: of the beginning of the digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: sha().slice(0, 32) } }] })),
    ],
    [
      'attack 08: of an empty digest',
      'SIGNATURE_WRONG_DIGEST',
      () => bundleOf(signer, statement({ subject: [{ digest: { sha256: '' } }] })),
    ],
  ])('%s, is refused: %s', async (_what, code, bundle) => {
    await pushBundle(room.store, room.artifact.descriptor, bundle());
    expect(await room.verdict()).toEqual(refusedWith(code));
  });

  it.each<[string, () => unknown]>([
    [
      'without predicate, as cosign 3.0.0 to 3.0.4 write it',
      () => bundleOf(signer, statementOf(room.digest, { predicate: undefined })),
    ],
    [
      'with the artifact as the second subject',
      () =>
        bundleOf(
          signer,
          statementOf(room.digest, {
            subject: [{ digest: { sha256: 'x' } }, { name: 'app', digest: { sha256: room.digest.slice(7) } }],
          }),
        ),
    ],
    [
      'with signed annotations',
      () =>
        bundleOf(
          signer,
          statementOf(room.digest, {
            subject: [{ digest: { sha256: room.digest.slice(7) }, annotations: { env: 'prod' } }],
          }),
        ),
    ],
  ])('%s, is accepted', async (_what, bundle) => {
    await pushBundle(room.store, room.artifact.descriptor, bundle());
    expect(await room.verdict()).toEqual(accepted);
  });
});
