import { type Descriptor, type ReadStore, readAll } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import {
  hasVectors,
  hexOf,
  judgeByKeys,
  keyNames,
  openVector,
  vectorKey,
} from '../fixtures/cosign-vectors.ts';
import { readableStore } from '../fixtures/readable-store.ts';

describe.skipIf(!hasVectors)('attestations by cosign 3.1.3', () => {
  describe.each(['attest-bundle', 'attest-legacy'])('%s', (name) => {
    const asks = (predicateType: string, change = {}) => ({
      attestations: [
        {
          name: 'built',
          predicateType,
          rules: [{ cel: "predicate.runDetails.builder.id == 'https://example.test/builder'" }],
        },
      ],
      ...change,
    });
    const provenance = 'https://slsa.dev/provenance/v1';

    it.each(keyNames)('attests with %s what it should', async (key) => {
      const { store, artifact } = await openVector(name);
      const verdict = await judgeByKeys(
        store,
        artifact,
        [vectorKey(key)],
        asks(provenance, { require: 'none' }),
      );
      expect(verdict.kind).toBe(key === 'p256' ? 'accepted' : 'refused');
    });

    it('is signed and attested', async () => {
      const { store, artifact } = await openVector(name);
      expect(await judgeByKeys(store, artifact, [vectorKey('p256')], asks(provenance))).toMatchObject({
        kind: 'accepted',
      });
    });

    it('attests nothing of another type, and not by being signed', async () => {
      const { store, artifact } = await openVector(name);
      for (const type of ['https://slsa.dev/provenance/v0.2', 'https://sigstore.dev/cosign/sign/v1']) {
        expect(await judgeByKeys(store, artifact, [vectorKey('p256')], asks(type))).toMatchObject({
          kind: 'refused',
        });
      }
    });

    it('attack 08: attests nothing of another artifact', async () => {
      const { store, artifact } = await openVector(name);
      const { artifact: victim } = await openVector('unsigned');
      const moved: ReadStore = {
        ...readableStore(store),
        resolve: (reference, options) =>
          store.resolve(reference.replace(hexOf(victim.descriptor), hexOf(artifact.descriptor)), options),
        referrers: (_subject, options) => store.referrers(artifact.descriptor, options),
      };
      const spec = asks(provenance, { require: 'none' });
      expect(await judgeByKeys(moved, victim, [vectorKey('p256')], spec)).toMatchObject({
        code: 'SIGNATURE_WRONG_DIGEST',
      });
    });
  });

  it.each(['attest-bundle', 'attest-legacy'])(
    'attack 07: %s without its signature is not signed: the attestation is none',
    async (name) => {
      const { store, artifact } = await openVector(name);
      const withoutSignature: ReadStore = {
        ...readableStore(store),
        resolve: (reference, options) => store.resolve(reference.replace(/[.]sig$/, '.none'), options),
        async *referrers(subject, options) {
          for await (const entry of store.referrers(subject, options)) {
            if (await isAttestation(store, entry)) yield entry;
          }
        },
      };
      const code = name === 'attest-bundle' ? 'SIGNATURE_WRONG_TYPE' : 'SIGNATURE_MISSING';
      expect(await judgeByKeys(withoutSignature, artifact, [vectorKey('p256')])).toMatchObject({
        kind: 'refused',
        code,
      });
    },
  );

  it('attack 07: attest-legacy: an attestation under the signature tag is none', async () => {
    const { store, artifact } = await openVector('attest-legacy');
    const swapped: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) => store.resolve(reference.replace(/[.]sig$/, '.att'), options),
    };
    expect(await judgeByKeys(swapped, artifact, [vectorKey('p256')])).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_TYPE',
    });
  });
});

async function isAttestation(store: ReadStore, entry: Descriptor): Promise<boolean> {
  const bytes = await readAll(store.fetch(entry), entry.size, entry.digest);
  return Buffer.from(bytes).toString().includes('https://slsa.dev/provenance/v1');
}
