import { mediaTypes, type ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleOf,
  contentOf,
  desiredState,
  keyPolicy,
  push,
  pushBundle,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import {
  accepted,
  refusedWith,
  SignedRoom,
  signatureHomes,
  signer,
  stranger,
} from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('a signature in each format', () => {
  it.each(signatureHomes)('%s by the key of the policy is accepted', async (format) => {
    const evidence = await room.put(format);
    const isBundle = format === 'sigstore bundle';
    expect(await room.verdict()).toEqual({
      kind: 'accepted',
      digest: room.digest,
      signers: [
        {
          authority: 'release/key-0',
          policy: 'VerificationPolicy/default/release',
          keyId: signer.id,
          format: isBundle ? 'bundle' : 'legacy',
          evidence: isBundle ? evidence.descriptor.digest : room.layer().content.descriptor.digest,
          times: [],
          annotations: {},
        },
      ],
      warnings: [],
    });
  });

  it.each(signatureHomes)('%s by another key is refused', async (format) => {
    await room.put(format, stranger);
    const verdict = await room.verdict();
    expect(verdict).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
    expect(verdict).toMatchObject({ detail: expect.stringContaining(signer.id) });
  });

  it.each(signatureHomes)('attack 08: %s of another digest, moved here, is refused', async (format) => {
    await room.put(format, signer, room.other);
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_WRONG_DIGEST'));
  });

  it.each(signatureHomes)('%s by another key of another digest speaks for nobody', async (format) => {
    await room.put(format, stranger, room.other);
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_KEY_UNKNOWN'));
  });

  it.each(signatureHomes)('%s beside another artifact does not cover this one', async (format) => {
    await room.put(format);
    expect(await room.verdictOn(room.other)).toEqual(refusedWith('SIGNATURE_MISSING'));
  });
});

describe('no signature', () => {
  it('attack 25: is refused where a policy asks for one', async () => {
    const verdict = await room.verdict();
    expect(verdict).toEqual(refusedWith('SIGNATURE_MISSING'));
    expect(verdict).toMatchObject({ refusals: [{ subject: 'VerificationPolicy/default/release' }] });
  });

  it('is not asked for without any policy', async () => {
    expect(await room.verdict({ desired: desiredState() })).toEqual({
      kind: 'not-required',
      digest: room.digest,
    });
  });

  it('is refused where there are policies for other sources alone, without a look at the registry', async () => {
    const desired = desiredState(
      keyPolicy('other', [signer.publicPem], { match: { repositories: ['other.test/**'] } }),
    );
    const untouchable = new Proxy({} as ReadStore, {
      get: () => {
        throw new Error('the registry was asked');
      },
    });
    expect(await room.verdict({ desired, repository: untouchable })).toEqual(refusedWith('POLICY_NO_MATCH'));
  });
});

describe('the artifact itself', () => {
  it('attack 11: is refused as an error when its bytes are not those of the digest', async () => {
    await room.put('sigstore bundle');
    const lie = { descriptor: room.artifact.descriptor, content: room.other.content };
    await expect(room.verdictOn(lie)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('is refused as an error when its digest is of an algorithm that cannot be computed', async () => {
    const descriptor = { ...room.artifact.descriptor, digest: 'blake3:abc' };
    await expect(room.verdictOn({ descriptor, content: room.artifact.content })).rejects.toMatchObject({
      name: 'SealiftError',
      code: 'REGISTRY_FAILED',
    });
  });

  it('attack 30: may be an index', async () => {
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [room.artifact.descriptor],
    });
    await push(room.store, index);
    await pushBundle(room.store, index.descriptor, bundleOf(signer, statementOf(index.descriptor.digest)));
    expect(await room.verdictOn(index)).toEqual(accepted);
    // The children of a signed index are not signed by it: each is reached by digest from the index that was verified.
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_MISSING'));
  });
});
