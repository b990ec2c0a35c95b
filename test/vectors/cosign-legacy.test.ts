import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMemoryStore, type Descriptor } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/api/index.ts';
import { createVerifyStage } from '../../src/verify/index.ts';
import { loadTrustedRoot } from '../../src/verify/proof/trusted-root.ts';
import {
  contentOf,
  desiredState,
  type keyPolicy,
  ociSource,
  push,
  siteObject,
} from '../fixtures/signed-artifact.ts';

// Legacy signatures by cosign 1 and 2, kept by containers/image, two of them in the public log; one of these keyless.

const vectors = join(import.meta.dirname, '../../../shared/vectors');
const folder = join(vectors, 'oci/cosign-simplesigning/containers-image');
const publicGood = join(import.meta.dirname, '../../policies/trust/public-good.json');
if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);

const hex = ({ digest }: Descriptor): string => digest.slice('sha256:'.length);

interface StoredSignature {
  readonly mimeType: string;
  readonly payload: string;
  readonly annotations: Record<string, string>;
}

describe.skipIf(!existsSync(folder))('legacy signatures kept by containers/image', () => {
  const key = (name: string): string => readFileSync(join(folder, name), 'utf8');

  const byKey = (name: string, authority = {}) =>
    siteObject('VerificationPolicy', 'vector', {
      spec: {
        match: { repositories: ['**'] },
        authorities: [{ name: 'signer', key: { data: key(name) }, ...authority }],
      },
    });
  const byIdentity = (identity: object) =>
    siteObject('VerificationPolicy', 'vector', {
      spec: {
        match: { repositories: ['**'] },
        authorities: [{ name: 'signer', keyless: { identities: [identity] } }],
      },
    });

  function signatureIn(path: string): StoredSignature {
    const text = readFileSync(join(folder, path), 'utf8');
    return JSON.parse(text.slice(text.indexOf('{')));
  }

  /** The signed manifest and cosign's tag beside it, made from the files. */
  async function judgeCase(
    folderName: string,
    signaturePath: string,
    policy: ReturnType<typeof keyPolicy>,
  ): Promise<Verdict> {
    const store = createMemoryStore();
    const content = readFileSync(join(folder, folderName, 'manifest.json'));
    const { descriptor } = contentOf(
      'application/vnd.docker.distribution.manifest.v2+json',
      content.toString(),
    );
    const { mimeType, payload, annotations } = signatureIn(signaturePath);
    const layer = contentOf(mimeType, Buffer.from(payload, 'base64').toString());
    const config = await push(store, contentOf('application/vnd.oci.image.config.v1+json', '{}'));
    await push(store, layer);
    const manifest = contentOf('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [{ ...layer.descriptor, annotations }],
    });
    await push(store, manifest);
    await store.tag(manifest.descriptor, `sha256-${hex(descriptor)}.sig`);
    const root = await loadTrustedRoot(readFileSync(publicGood), publicGood);
    const stage = createVerifyStage({
      openRepository: () => store,
      roots: { open: async () => root },
      now: () => Date.parse('2026-11-22T00:00:00Z'),
    });
    const resolved = { revision: 'v1', manifest: descriptor, content };
    const request = { source: ociSource(), desired: desiredState(policy), resolved };
    return stage.verify(request, new AbortController().signal);
  }

  it.each([
    ['valid', 'cosign.pub', 'accepted', ''],
    ['valid', 'cosign2.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['key-rekor-valid', 'cosign2.pub', 'accepted', ''],
    ['key-rekor-valid', 'cosign.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['fulcio-rekor-valid', 'cosign.pub', 'refused', 'SIGNATURE_KEY_UNKNOWN'],
    ['modified-manifest', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_DIGEST'],
    ['manifest-digest-error', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_DIGEST'],
    ['other-attachment', 'cosign.pub', 'refused', 'SIGNATURE_WRONG_TYPE'],
  ])('%s with %s: %s %s', async (name, keyName, kind, code) => {
    const path = `dir-img-cosign-${name}`;
    const verdict = await judgeCase(path, join(path, 'signature-1'), byKey(keyName));
    expect(verdict).toMatchObject(code === '' ? { kind } : { kind, code });
  });

  it('by an unknown key: refused', async () => {
    const verdict = await judgeCase(
      'dir-img-cosign-valid',
      'unknown-cosign-key.signature',
      byKey('cosign.pub'),
    );
    expect(verdict).toMatchObject({ kind: 'refused', code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  it('of a manifest that is not there: refused beside any other', async () => {
    const verdict = await judgeCase(
      'dir-img-cosign-fulcio-rekor-valid',
      'dir-img-cosign-no-manifest/signature-1',
      byKey('cosign.pub'),
    );
    expect(verdict).toMatchObject({ kind: 'refused', code: 'SIGNATURE_WRONG_DIGEST' });
  });

  const signer = { subject: 'mitr@redhat.com', issuer: 'https://github.com/login/oauth' };
  const fulcio = 'dir-img-cosign-fulcio-rekor-valid';

  it('keyless, with a promise of the public log: accepted for the identity that signed', async () => {
    const verdict = await judgeCase(fulcio, join(fulcio, 'signature-1'), byIdentity(signer));
    expect(verdict).toMatchObject({
      kind: 'accepted',
      signers: [{ format: 'legacy', identity: signer, times: [{ by: 'log' }] }],
    });
  });

  it.each([
    ['another subject', { ...signer, subject: 'mitr@redhat.co' }],
    ['another issuer', { ...signer, issuer: 'https://github.com/login' }],
  ])('keyless, for %s: refused', async (_what, identity) => {
    const verdict = await judgeCase(fulcio, join(fulcio, 'signature-1'), byIdentity(identity));
    expect(verdict).toMatchObject({ kind: 'refused' });
  });

  it.each([
    ['key-rekor-valid', 'cosign2.pub', 'accepted'],
    ['valid', 'cosign.pub', 'refused'],
  ])('%s where a key has to be in a log: %s: %s', async (name, keyName, kind) => {
    const path = `dir-img-cosign-${name}`;
    const verdict = await judgeCase(path, join(path, 'signature-1'), byKey(keyName, { logs: 1 }));
    expect(verdict.kind).toBe(kind);
  });
});
