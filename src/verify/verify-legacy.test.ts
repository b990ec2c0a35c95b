import { mediaTypes, type ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  contentOf,
  desiredState,
  envelopeOf,
  keyPolicy,
  legacyLayer,
  payloadOf,
  push,
  pushLegacy,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { refusedWith, SignedRoom, signer, stranger } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('a legacy signature that is refused', () => {
  const critical = (change: Record<string, unknown>) => {
    const payload = payloadOf(room.digest);
    return { ...payload, critical: { ...(payload.critical as object), ...change } };
  };
  const signed = (payload: unknown) => legacyLayer(signer, payload);
  const annotated = (annotations: Record<string, string>) => ({ ...room.layer(), annotations });
  const signature = (): string => room.layer().annotations['dev.cosignproject.cosign/signature'] ?? '';
  const respelled = (change: (text: string) => string) =>
    annotated({ 'dev.cosignproject.cosign/signature': change(signature()) });

  it.each<[string, string, () => ReturnType<typeof legacyLayer>]>([
    [
      'attack 27: of another type',
      'SIGNATURE_WRONG_TYPE',
      () => signed(critical({ type: 'atomic container signature' })),
    ],
    ['attack 27: of an empty type', 'SIGNATURE_WRONG_TYPE', () => signed(critical({ type: '' }))],
    ['attack 27: without type', 'SIGNATURE_MALFORMED', () => signed(critical({ type: undefined }))],
    ['attack 27: without critical', 'SIGNATURE_MALFORMED', () => signed({ optional: null })],
    [
      'attack 27: with a further field in critical',
      'SIGNATURE_MALFORMED',
      () => signed(critical({ extra: 1 })),
    ],
    [
      'attack 27: with a further field beside it',
      'SIGNATURE_MALFORMED',
      () => signed({ ...payloadOf(room.digest), extra: 1 }),
    ],
    [
      'attack 18: with the digest under a name in other case',
      'SIGNATURE_MALFORMED',
      () => signed(critical({ image: { 'Docker-manifest-digest': room.digest } })),
    ],
    [
      'attack 08: with an empty digest',
      'SIGNATURE_WRONG_DIGEST',
      () => signed(critical({ image: { 'docker-manifest-digest': '' } })),
    ],
    [
      'attack 18: with the digest twice',
      'SIGNATURE_MALFORMED',
      () =>
        signed(
          JSON.stringify(payloadOf(room.other.descriptor.digest)).replace(
            '"image":{',
            `"image":{"docker-manifest-digest":"${room.digest}",`,
          ),
        ),
    ],
    ['with a payload that is no JSON', 'SIGNATURE_MALFORMED', () => signed('not JSON')],
    [
      'attack 28: on a text layer',
      'SIGNATURE_WRONG_TYPE',
      () => legacyLayer(signer, payloadOf(room.digest), 'text/plain'),
    ],
    [
      'attack 07: as a DSSE attestation layer',
      'SIGNATURE_WRONG_TYPE',
      () =>
        legacyLayer(
          signer,
          envelopeOf(signer, statementOf(room.digest)),
          'application/vnd.dsse.envelope.v1+json',
        ),
    ],
    ['attack 28: without annotation', 'SIGNATURE_MALFORMED', () => annotated({})],
    ['attack 28: with an empty annotation', 'SIGNATURE_MALFORMED', () => respelled(() => '')],
    [
      'attack 32: with a line break in the annotation',
      'SIGNATURE_MALFORMED',
      () => respelled((text) => `${text}\n`),
    ],
    [
      'attack 32: with white space in the annotation',
      'SIGNATURE_MALFORMED',
      () => respelled((text) => ` ${text}`),
    ],
    [
      'attack 18: with other bytes than were signed',
      'SIGNATURE_KEY_UNKNOWN',
      () => ({
        ...signed(`${JSON.stringify(payloadOf(room.digest))} `),
        annotations: room.layer().annotations,
      }),
    ],
    [
      'with a signature that is no DER',
      'SIGNATURE_KEY_UNKNOWN',
      () => respelled(() => Buffer.from('junk').toString('base64')),
    ],
  ])('%s: %s', async (_what, code, layer) => {
    await pushLegacy(room.store, room.artifact.descriptor, [layer()]);
    expect(await room.verdict()).toEqual(refusedWith(code));
  });

  it('attack 31: with an index under the signature tag', async () => {
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [],
    });
    await push(room.store, index);
    await room.store.tag(index.descriptor, `${room.digest.replace(':', '-')}.sig`);
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('attack 12: with a payload of 64 KiB and one byte', async () => {
    const text = JSON.stringify(payloadOf(room.digest));
    await pushLegacy(room.store, room.artifact.descriptor, [
      signed(`${text}${' '.repeat(64 * 1024 + 1 - text.length)}`),
    ]);
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('attack 12: under a signature tag of more than 1 MiB', async () => {
    const padding = 'x'.repeat(1024 * 1024);
    await pushLegacy(room.store, room.artifact.descriptor, [room.layer()], { annotations: { padding } });
    const verdict = await room.verdict();
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      detail: expect.stringContaining('expected at most 1048576 bytes'),
    });
  });

  it('attack 26: when the policy looks at bundles alone, even where no bundle verifies', async () => {
    const asked: string[] = [];
    const watched: ReadStore = {
      ...readableStore(room.store),
      resolve: (reference, options) => {
        asked.push(reference);
        return room.store.resolve(reference, options);
      },
    };
    await room.put('sigstore bundle', stranger);
    await room.put('legacy tag');
    await room.put('legacy referrer');
    const desired = desiredState(keyPolicy('release', [signer.publicPem], { formats: ['bundle'] }));
    expect(await room.verdict({ desired, repository: watched })).toEqual(
      refusedWith('SIGNATURE_KEY_UNKNOWN'),
    );
    expect(asked).toEqual([]);
  });
});
