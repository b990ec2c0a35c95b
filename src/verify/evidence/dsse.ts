import * as z from 'zod';
import { madeOnce } from './made-once.ts';
import { expectType } from './signature-statement.ts';
import { base64Schema, decodeBase64 } from './strict-base64.ts';

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/envelope.md */
export const inTotoPayloadType = 'application/vnd.in-toto+json';

/** One signature: with two it would be the reader's choice whose word it is. The payload may be large: its size is the caller's to limit. */
export const envelopeSchema = madeOnce(() =>
  z.strictObject({
    payload: z.string(),
    payloadType: z.string(),
    signatures: z
      .array(z.strictObject({ sig: base64Schema, keyid: z.string().max(1024).optional() }))
      .length(1),
  }),
);

interface EnvelopeContent {
  readonly payload: Uint8Array;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** What lies in an envelope around an in-toto statement. @throws Refused SIGNATURE_WRONG_TYPE, SIGNATURE_MALFORMED. */
export function openEnvelope(envelope: z.output<ReturnType<typeof envelopeSchema>>): EnvelopeContent {
  const { payloadType, payload: encoded, signatures } = envelope;
  expectType('payload', inTotoPayloadType, payloadType);
  const payload = decodeBase64(encoded, 'payload');
  return {
    payload,
    signedBytes: preAuthEncoding(payloadType, payload),
    signature: decodeBase64(signatures[0]?.sig ?? '', 'signatures[0].sig'),
  };
}

/** The bytes a DSSE signature is over. https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#signature-definition */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  const head = `DSSEv1 ${type.byteLength} ${payloadType} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), payload]);
}
