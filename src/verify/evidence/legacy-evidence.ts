import * as z from 'zod';
import { oldestBundleMediaType } from './bundle-version.ts';
import type { UnverifiedClaim, UnverifiedEvidence } from './candidate.ts';
import { liftLogEntry } from './legacy-log-entry.ts';
import { madeOnce } from './made-once.ts';
import { Refused } from './refused.ts';
import { base64Schema } from './strict-base64.ts';
import { conform, parseStrictJson } from './strict-json.ts';
import { parsePem } from './strict-pem.ts';

const certificateAnnotation = 'dev.sigstore.cosign/certificate';
const logAnnotation = 'dev.sigstore.cosign/bundle';
const timestampAnnotation = 'dev.sigstore.cosign/rfc3161timestamp';

/** Whoever may push writes them, and a manifest may have as many as fit into it. */
const maxAnnotationCharacters = 128 * 1024;

const timestampSchema = madeOnce(() => z.strictObject({ SignedRFC3161Timestamp: base64Schema }));

type Annotations = Readonly<Record<string, string>>;

/**
 * What the annotations of a legacy layer say about signer and time, in the form that bundles have. The chain among them is left alone: who
 * is above the leaf is not the evidence's to say. https://github.com/sigstore/cosign/blob/v3.0.0/specs/SIGNATURE_SPEC.md
 * @throws Refused SIGNATURE_MALFORMED.
 */
export function readLegacyEvidence(annotations: Annotations): Pick<UnverifiedClaim, 'material' | 'evidence'> {
  return { material: readMaterial(annotations), evidence: readEvidence(annotations) };
}

/** The text of an annotation; like cosign, an empty one is none. @throws Refused SIGNATURE_MALFORMED. */
export function annotationOf(annotations: Annotations, name: string): string | undefined {
  const text = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  if (text === undefined || text === '') return undefined;
  if (text.length > maxAnnotationCharacters) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `${name}: expected at most ${maxAnnotationCharacters} characters, got ${text.length}`,
    );
  }
  return text;
}

function readMaterial(annotations: Annotations): UnverifiedClaim['material'] {
  const pem = annotationOf(annotations, certificateAnnotation);
  if (pem === undefined) return { kind: 'key' };
  try {
    return { kind: 'certificate', leaf: parsePem(pem, ['CERTIFICATE'], certificateAnnotation).content };
  } catch (cause) {
    throw new Refused('SIGNATURE_MALFORMED', `${certificateAnnotation}: expected one PEM certificate`, {
      cause,
    });
  }
}

function readEvidence(annotations: Annotations): UnverifiedEvidence {
  const log = annotationOf(annotations, logAnnotation);
  const timestamp = annotationOf(annotations, timestampAnnotation);
  return {
    mediaType: oldestBundleMediaType,
    logEntries: log === undefined ? [] : [liftLogEntry(Buffer.from(log), logAnnotation)],
    timestamps: timestamp === undefined ? [] : [readTimestamp(timestamp)],
  };
}

function readTimestamp(text: string): string {
  const value = parseStrictJson(Buffer.from(text));
  return conform(timestampSchema(), value, timestampAnnotation).SignedRFC3161Timestamp;
}
