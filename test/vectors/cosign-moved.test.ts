import { createMemoryStore, parseManifest, type ReadStore, readAll } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import {
  hasVectors,
  hexOf,
  judgeByKeys,
  openVector,
  signedLayouts,
  vectorKey,
} from '../fixtures/cosign-vectors.ts';
import { readableStore } from '../fixtures/readable-store.ts';
import { contentOf, push } from '../fixtures/signed-artifact.ts';

describe.skipIf(!hasVectors)('signatures by cosign 3.1.3, moved', () => {
  it.each(signedLayouts)('attack 08: %s moved to another artifact is refused', async (name, key) => {
    const { store, artifact } = await openVector(name);
    const { artifact: victim } = await openVector('unsigned');
    // Whatever is asked about the victim is answered with what lies beside the signed artifact.
    const own = artifact.descriptor;
    const moved: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) =>
        store.resolve(reference.replace(hexOf(victim.descriptor), hexOf(own)), options),
      referrers: (_subject, options) => store.referrers(own, options),
    };
    expect(await judgeByKeys(moved, victim, [vectorKey(key)])).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_DIGEST',
    });
  });

  it.each(signedLayouts.filter(([name]) => name.includes('bundle') || name === 'legacy-referrer'))(
    'attack 08: %s moved to another artifact is refused though its referrer is made to fit',
    async (name, key) => {
      const { store, artifact } = await openVector(name);
      const { artifact: victim } = await openVector('unsigned');
      const copy = createMemoryStore();
      for await (const entry of store.referrers(artifact.descriptor)) {
        const bytes = await readAll(store.fetch(entry), entry.size, entry.digest);
        const manifest = parseManifest(bytes);
        if (manifest.kind !== 'image') continue;
        for (const blob of [manifest.config, ...manifest.layers]) await copy.push(blob, store.fetch(blob));
        const { mediaType, digest, size } = victim.descriptor;
        const document = JSON.parse(Buffer.from(bytes).toString());
        await push(copy, contentOf(entry.mediaType, { ...document, subject: { mediaType, digest, size } }));
      }
      expect(await judgeByKeys(copy, victim, [vectorKey(key)])).toMatchObject({
        kind: 'refused',
        code: 'SIGNATURE_WRONG_DIGEST',
      });
    },
  );
});
