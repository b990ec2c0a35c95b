import { beforeEach, describe, expect, it } from 'vitest';
import { desiredState, keyPolicy } from '../../test/fixtures/signed-artifact.ts';
import { refusedWith, SignedRoom, signer, stranger } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('several requirements', () => {
  it('hold only together', async () => {
    const desired = desiredState(
      keyPolicy('release', [signer.publicPem]),
      keyPolicy('security', [stranger.publicPem]),
    );
    await room.put('sigstore bundle');
    const verdict = await room.verdict({ desired });
    expect(verdict).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
    expect(verdict).toMatchObject({ detail: expect.stringContaining(stranger.id) });
    await room.put('legacy tag', stranger);
    expect(await room.verdict({ desired })).toMatchObject({
      kind: 'accepted',
      signers: [{ authority: 'release/key-0' }, { authority: 'security/key-0' }],
    });
  });

  it('each look at their own formats alone', async () => {
    const desired = desiredState(
      keyPolicy('strict', [signer.publicPem], { formats: ['bundle'] }),
      keyPolicy('loose', [signer.publicPem]),
    );
    await room.put('legacy tag');
    const verdict = await room.verdict({ desired });
    expect(verdict).toEqual(refusedWith('SIGNATURE_MISSING'));
    expect(verdict).toMatchObject({ refusals: [{ subject: 'VerificationPolicy/default/strict' }] });
  });

  it('count one key once for each of its names, however often it signed', async () => {
    await room.put('sigstore bundle');
    await room.put('legacy tag');
    const desired = desiredState(
      keyPolicy('release', [signer.publicPem, signer.publicPem.replaceAll('\n', '\r\n')]),
    );
    expect(await room.verdict({ desired })).toMatchObject({
      signers: [
        { authority: 'release/key-0', keyId: signer.id },
        { authority: 'release/key-1', keyId: signer.id },
      ],
    });
  });

  it('hold with any one key of several', async () => {
    await room.put('sigstore bundle');
    const desired = desiredState(keyPolicy('release', [stranger.publicPem, signer.publicPem]));
    expect(await room.verdict({ desired })).toMatchObject({
      signers: [{ authority: 'release/key-1', keyId: signer.id }],
    });
  });
});
