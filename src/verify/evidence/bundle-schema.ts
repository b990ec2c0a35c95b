import * as z from 'zod';
import { bundleMediaType, bundleVersions } from './bundle-version.ts';
import { envelopeSchema } from './dsse.ts';
import { type LogEntry, logEntrySchema } from './log-entry.ts';
import { madeOnce } from './made-once.ts';
import { quoted, Refused } from './refused.ts';
import { base64Schema } from './strict-base64.ts';
import { conform } from './strict-json.ts';

/** Honest bundles carry one or two of each; every one costs milliseconds of synchronous ASN.1 once they are looked at. */
export const maxLogEntries = 4;
export const maxTimestamps = 4;

/** A leaf and the intermediates above it; nobody has more than two of these. */
const maxChain = 8;

const kindSchema = madeOnce(() => z.object({ mediaType: z.string() }));

const certificateSchema = madeOnce(() => z.strictObject({ rawBytes: base64Schema }));

const bundleSchema = madeOnce(() =>
  z.strictObject({
    mediaType: z.string(),
    verificationMaterial: z.strictObject({
      publicKey: z.strictObject({ hint: z.string().max(1024).optional() }).optional(),
      certificate: certificateSchema().optional(),
      x509CertificateChain: z
        .strictObject({ certificates: z.array(certificateSchema()).min(1).max(maxChain) })
        .optional(),
      tlogEntries: z.array(logEntrySchema()).max(maxLogEntries).optional(),
      timestampVerificationData: z
        .strictObject({
          rfc3161Timestamps: z
            .array(z.strictObject({ signedTimestamp: base64Schema }))
            .max(maxTimestamps)
            .optional(),
        })
        .optional(),
    }),
    dsseEnvelope: envelopeSchema().optional(),
    messageSignature: z
      .strictObject({
        messageDigest: z.strictObject({ algorithm: z.string(), digest: base64Schema }),
        signature: base64Schema,
      })
      .optional(),
  }),
);

export type Bundle = z.output<ReturnType<typeof bundleSchema>>;

/** The document as a bundle of a version that is known, with what that version asks of it. @throws Refused SIGNATURE_MALFORMED. */
export function asBundle(value: unknown): Bundle {
  const { mediaType } = conform(kindSchema(), value, 'bundle');
  const version = bundleVersions.get(mediaType);
  if (version === undefined) {
    throw malformed(`expected bundle media type ${bundleMediaType}, got ${quoted(mediaType)}`);
  }
  const bundle = conform(bundleSchema(), value, 'bundle');
  const { tlogEntries = [], x509CertificateChain } = bundle.verificationMaterial;
  if (!tlogEntries.every((entry) => brings(entry, version.entryBrings))) {
    throw malformed(`expected every log entry with a ${version.entryBrings}, got one without`);
  }
  if (x509CertificateChain !== undefined && !version.allowsChain) {
    throw malformed(`expected one certificate in ${quoted(mediaType)}, got a chain`);
  }
  return bundle;
}

function brings({ inclusionPromise, inclusionProof }: LogEntry, asked: 'promise' | 'proof'): boolean {
  return asked === 'promise' ? inclusionPromise !== undefined : inclusionProof?.checkpoint !== undefined;
}

function malformed(detail: string): Refused {
  return new Refused('SIGNATURE_MALFORMED', detail);
}
