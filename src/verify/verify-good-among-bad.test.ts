import type { Descriptor, ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  bundleOf,
  bundleType,
  legacyLayer,
  payloadOf,
  pushBundle,
  pushLegacy,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { accepted, refusedWith, SignedRoom, signer, stranger } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('good evidence among bad', () => {
  const junk = async (count: number): Promise<Descriptor[]> => {
    const pushed: Descriptor[] = [];
    for (let at = 0; at < count; at += 1) {
      const { descriptor } = await pushBundle(room.store, room.artifact.descriptor, `{"junk":${at}}`);
      pushed.push({ ...descriptor, artifactType: bundleType });
    }
    return pushed;
  };

  it.each(['first', 'last'])('attack 47: counts when it is listed %s', async (place) => {
    const bad = await junk(10);
    const { descriptor } = await room.put('sigstore bundle');
    const good = { ...descriptor, artifactType: bundleType };
    const repository = place === 'first' ? room.listing(good, ...bad) : room.listing(...bad, good);
    expect(await room.verdict({ repository })).toEqual(accepted);
  });

  it('attack 47: counts as one legacy layer among bad ones, in either order', async () => {
    const bad = [legacyLayer(stranger, payloadOf(room.digest)), room.layer(signer, room.other)];
    await pushLegacy(room.store, room.artifact.descriptor, [...bad, room.layer()]);
    expect(await room.verdict()).toEqual(accepted);
    await pushLegacy(room.store, room.artifact.descriptor, [room.layer(), ...bad]);
    expect(await room.verdict()).toEqual(accepted);
  });

  it('attack 47: counts as a legacy signature beside bundles of other keys', async () => {
    await room.put('sigstore bundle', stranger);
    await room.put('legacy tag');
    expect(await room.verdict()).toMatchObject({ kind: 'accepted', signers: [{ format: 'legacy' }] });
  });

  it('attack 07: counts beside an attestation by the same key about the same digest', async () => {
    const attestation = statementOf(room.digest, { predicateType: 'https://slsa.dev/provenance/v1' });
    await pushBundle(room.store, room.artifact.descriptor, bundleOf(signer, attestation));
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_WRONG_TYPE'));
    await room.put('sigstore bundle');
    expect(await room.verdict()).toEqual(accepted);
  });

  it('lists every refusal and puts the most telling first', async () => {
    await junk(2);
    await room.put('sigstore bundle', stranger);
    await room.put('legacy tag', signer, room.other);
    const verdict = await room.verdict();
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_WRONG_DIGEST',
      refusals: [
        'SIGNATURE_WRONG_DIGEST',
        'SIGNATURE_KEY_UNKNOWN',
        'SIGNATURE_MALFORMED',
        'SIGNATURE_MALFORMED',
      ].map((code) => ({ code })),
    });
  });

  it('attack 12: is not sought beyond 16 candidates, and the verdict says so', async () => {
    const reads: string[] = [];
    const bad = await junk(40);
    const repository: ReadStore = {
      ...room.listing(...bad),
      fetch: (descriptor, options) => {
        reads.push(descriptor.digest);
        return room.store.fetch(descriptor, options);
      },
    };
    const verdict = await room.verdict({ repository });
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      refusals: expect.arrayContaining([
        expect.objectContaining({
          code: 'CONTENT_TOO_LARGE',
          detail: expect.stringContaining('got 24 more'),
        }),
      ]),
    });
    expect(reads).toHaveLength(32);
  });

  it('attack 12: is not sought beyond 16 legacy layers', async () => {
    const bad = Array.from({ length: 16 }, (_, at) =>
      legacyLayer(stranger, payloadOf(room.digest, { optional: { at } })),
    );
    await pushLegacy(room.store, room.artifact.descriptor, [...bad, room.layer()]);
    expect(await room.verdict()).toMatchObject({
      code: 'SIGNATURE_KEY_UNKNOWN',
      refusals: expect.arrayContaining([expect.objectContaining({ code: 'CONTENT_TOO_LARGE' })]),
    });
  });

  it('attack 12: is found among an endless list by its hint', async () => {
    const { descriptor } = await room.put('sigstore bundle');
    const annotations = { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' };
    const [bad] = await junk(1);
    let listed = 0;
    const repository: ReadStore = {
      ...readableStore(room.store),
      async *referrers() {
        for (; ; listed += 1) {
          const digest = `sha256:${listed.toString(16).padStart(64, '0')}`;
          yield listed === 500
            ? { ...descriptor, artifactType: bundleType, annotations }
            : { ...(bad as Descriptor), digest };
        }
      },
    };
    expect(await room.verdict({ repository })).toEqual(accepted);
    expect(listed).toBeLessThan(1024);
  });
});
