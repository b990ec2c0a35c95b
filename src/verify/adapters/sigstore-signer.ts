import { X509Certificate } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import type { InternalError, Signer, Witness } from '@sigstore/sign';
import { isLoopback } from 'oci-client-ts';
import { SealiftError } from '../../core/index.ts';
import { inTotoPayloadType } from '../evidence/dsse.ts';
import { type BundleSigner, keyHint, type SignedBundle, type SignedBy } from '../signing/bundle-signer.ts';
import type { IdentityToken } from '../signing/identity-token.ts';
import { type PrivateKey, signBytes } from '../signing/private-key.ts';
import type { SigningServices } from '../signing/signing-services.ts';
import { logWitness } from './log-witness.ts';

/** With what to sign: a key, or a new one for which Fulcio gives a short-lived certificate. */
export type SigningMaterial =
  | { readonly kind: 'key'; readonly privateKey: PrivateKey }
  | { readonly kind: 'keyless'; readonly identity: IdentityToken };

/** A log of version 2 answers when its next checkpoint is out, after ten seconds or so. */
const timeoutMs = 30_000;
const retries = 2;

/**
 * Signs with the help of Sigstore's services, through its own library, which is loaded when something is signed: nobody who only verifies
 * pays for it. It takes no signal; each request ends after 30 s, and is tried three times.
 * @throws SealiftError CONFIG_INVALID for services that do not go together.
 */
export function sigstoreSigner(material: SigningMaterial, services: SigningServices): BundleSigner {
  refuseUnusable(material, services);
  return { sign: (payload) => signWithServices(material, services, payload) };
}

function refuseUnusable({ kind }: SigningMaterial, { fulcio, logs, timestamps }: SigningServices): void {
  const fault = (detail: string) => new SealiftError('CONFIG_INVALID', 'signing services', detail);
  if (kind === 'keyless' && fulcio === undefined) throw fault('expected a certificate authority, got none');
  const asked = [...(kind === 'keyless' ? [fulcio ?? ''] : []), ...logs.map(({ url }) => url), ...timestamps];
  const open = asked.find((url) => url.startsWith('http:') && !isLoopback(new URL(url).host));
  if (open !== undefined)
    throw fault(`expected https, got ${open}: a token would cross the network as it is`);
  if (kind === 'key' && logs.some(({ version }) => version === 2)) {
    throw fault('expected a log of version 1 with a key, got one of version 2');
  }
  if (kind === 'keyless' && timestamps.length === 0 && !logs.some(({ version }) => version === 1)) {
    throw fault(
      'expected a log of version 1 or a timestamp authority: without proof of time no certificate counts',
    );
  }
}

async function signWithServices(
  material: SigningMaterial,
  services: SigningServices,
  payload: Uint8Array,
): Promise<SignedBundle> {
  const { fulcio, logs, timestamps } = services;
  const { DSSEBundleBuilder, FulcioSigner, TSAWitness } = await import('@sigstore/sign');
  const { bundleToJSON } = await import('@sigstore/bundle');
  const limits = { timeout: timeoutMs, retry: { retries } };
  const witnesses: Witness[] = [
    ...(await Promise.all(logs.map((log) => logWitness(log, limits)))),
    ...timestamps.map((url) => new TSAWitness({ tsaBaseURL: url, ...limits })),
  ];
  const signer: Signer =
    material.kind === 'key'
      ? signerOfKey(material.privateKey)
      : new FulcioSigner({
          fulcioBaseURL: fulcio ?? '',
          identityProvider: { getToken: async () => material.identity.token },
          ...limits,
        });
  const artifact = { data: Buffer.from(payload), type: inTotoPayloadType };
  const builder = new DSSEBundleBuilder({ signer, witnesses });
  const bundle = await builder.create(artifact).catch((thrown) => {
    throw asSigningError(thrown, services);
  });
  if (material.kind === 'key') nameKey(bundle, keyHint(material.privateKey));
  return {
    bundle: JSON.stringify(bundleToJSON(bundle)),
    signedBy: signedBy(material, bundle),
    logEntries: bundle.verificationMaterial.tlogEntries.length,
    timestamps: bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps.length ?? 0,
  };
}

function signerOfKey(privateKey: PrivateKey): Signer {
  return {
    sign: async (data) => ({
      signature: signBytes(privateKey, data),
      key: {
        $case: 'publicKey',
        publicKey: privateKey.publicKey.key.export({ format: 'pem', type: 'spki' }).toString(),
      },
    }),
  };
}

/** The library would write the hint into the envelope too, where cosign takes it for the name of another key than the one it was given. */
function nameKey({ verificationMaterial: { content } }: Bundle, hint: string): void {
  if (content.$case === 'publicKey') content.publicKey.hint = hint;
}

function signedBy(material: SigningMaterial, { verificationMaterial: { content } }: Bundle): SignedBy {
  if (material.kind === 'key') return { kind: 'key', keyId: material.privateKey.publicKey.id };
  const leaf = content.$case === 'certificate' ? content.certificate.rawBytes : new Uint8Array();
  return { kind: 'keyless', issuer: material.identity.issuer, subject: subjectOf(leaf) };
}

/** Whom a certificate names, which an authority answered that may answer anything. */
function subjectOf(leaf: Uint8Array): string {
  try {
    return (new X509Certificate(leaf).subjectAltName ?? '').replace(/^(URI|email):/, '');
  } catch (cause) {
    const detail = 'expected a certificate, got something else';
    throw new SealiftError('SIGNING_FAILED', 'certificate authority', detail, { cause });
  }
}

/** What the library throws may hold the token, in its text and its cause: only what names the service is taken from it. */
function asSigningError(thrown: unknown, { fulcio, logs, timestamps }: SigningServices): SealiftError {
  const { code, cause } = (thrown instanceof Error ? thrown : new Error()) as Partial<InternalError>;
  const asked: Readonly<Record<string, string>> = {
    CA_CREATE_SIGNING_CERTIFICATE_ERROR: `certificate authority ${fulcio}`,
    TLOG_CREATE_ENTRY_ERROR: `transparency log ${logs.map(({ url }) => url).join(', ')}`,
    TLOG_FETCH_ENTRY_ERROR: `transparency log ${logs.map(({ url }) => url).join(', ')}`,
    TSA_CREATE_TIMESTAMP_ERROR: `timestamp authority ${timestamps.join(', ')}`,
  };
  const subject = asked[code ?? ''];
  if (subject === undefined)
    return new SealiftError('SIGNING_FAILED', 'signing', 'expected a bundle, got a fault');
  return new SealiftError('SIGNING_FAILED', subject, whatItSaid(cause));
}

/** As much of an answer as says why; a page of HTML says nothing. */
const maxTold = 300;

function whatItSaid(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : 'no answer';
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, maxTold);
}
