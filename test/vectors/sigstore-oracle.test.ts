import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { type ImageLayout, openLayout, parseManifest, type ReadStore, readAll } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { createVerifyStage } from '../../src/verify/index.ts';
import { desiredState, keyPolicy, ociSource } from '../fixtures/signed-artifact.ts';

// Sigstore's own JavaScript verifier as a second opinion on who signed a bundle. It knows the hash of P-256 and RSA keys only.

const folder = join(import.meta.dirname, '../../../shared/vectors/cosign');
if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);

const keyNames = ['p256', 'rsa2048', 'rsa4096'];
const layouts = ['bundle-p256', 'bundle-rsa2048', 'bundle-rsa4096', 'two-keys-bundle'];

function acceptedByLibrary(bundle: unknown, pem: string): boolean {
  const publicKey = createPublicKey(pem);
  const trust = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({ publicKey, validFor: () => true }));
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  try {
    return verifier.verify(toSignedEntity(bundleFromJSON(bundle))).key.equals(publicKey);
  } catch {
    return false;
  }
}

async function bundlesBeside(store: ReadStore, reference: string): Promise<readonly unknown[]> {
  const resolution = await store.resolve(reference);
  if (resolution.kind !== 'resolved') throw new Error(`${reference} is unchanged`);
  const bundles: unknown[] = [];
  for await (const entry of store.referrers(resolution.descriptor)) {
    const manifest = parseManifest(await readAll(store.fetch(entry), entry.size, entry.digest));
    const [layer] = manifest.kind === 'image' ? manifest.layers : [];
    if (layer === undefined) throw new Error(`no layer in ${entry.digest}`);
    bundles.push(
      JSON.parse(Buffer.from(await readAll(store.fetch(layer), layer.size, layer.digest)).toString()),
    );
  }
  return bundles;
}

describe.skipIf(!existsSync(folder))('our verdict and the one of @sigstore/verify', () => {
  it.each(layouts.flatMap((layout) => keyNames.map((key) => [layout, key] as const)))(
    'agree on %s with %s',
    async (name, key) => {
      const layout: ImageLayout = await openLayout(join(folder, 'layouts', name), { missing: 'refuse' });
      const store = layout.repository();
      const pem = readFileSync(join(folder, 'keys', `${key}.pub`), 'utf8');
      const resolution = await store.resolve('v1');
      if (resolution.kind !== 'resolved') throw new Error('unchanged');
      const stage = createVerifyStage({ openRepository: () => store });
      const resolved = { revision: 'v1', manifest: resolution.descriptor, content: resolution.content };
      const request = { source: ociSource(), desired: desiredState(keyPolicy('vector', [pem])), resolved };
      const ours = await stage.verify(request, new AbortController().signal);
      const bundles = await bundlesBeside(store, 'v1');
      expect(bundles.length).toBeGreaterThan(0);
      const theirs = bundles.some((bundle) => acceptedByLibrary(bundle, pem));
      expect(ours.kind).toBe(theirs ? 'accepted' : 'refused');
    },
  );
});
