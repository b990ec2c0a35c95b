/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/envelope.md */
export const inTotoPayloadType = 'application/vnd.in-toto+json';

/** The bytes a DSSE signature is over. https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#signature-definition */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  const head = `DSSEv1 ${type.byteLength} ${payloadType} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), payload]);
}
