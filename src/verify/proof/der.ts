import { Refused } from '../evidence/refused.ts';

/** One value of a DER encoding. https://www.itu.int/rec/T-REC-X.690-202102-I/en section 10 */
export interface DerValue {
  /** Class, form and number in one byte: numbers of 31 and more do not occur in certificates. */
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/** Tags as they stand in certificates. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
} as const;

/** Longer ones are made to be costly: the object identifiers of certificates have some twelve bytes. */
const maxOidBytes = 32;

/** Of length octets: four cover every certificate that passes the limit of a bundle. */
const maxLengthOctets = 4;

/** The one value that these bytes are, without a byte more. @throws Refused CERTIFICATE_INVALID for whatever is no strict DER. */
export function readDer(bytes: Uint8Array, tag: number): DerValue {
  const [value, next] = valuesOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (next !== undefined) throw invalid('one value and nothing else');
  return expectTag(value, tag);
}

/** What a value of this tag consists of. @throws Refused CERTIFICATE_INVALID. */
export function childrenOf(value: DerValue | undefined, tag: number): readonly DerValue[] {
  return valuesOf(expectTag(value, tag).content);
}

/** @throws Refused CERTIFICATE_INVALID when there is no such value, or it is of another type. */
export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw invalid(`tag ${tag}, got ${value?.tag ?? 'nothing'}`);
  return value;
}

function valuesOf(content: Buffer): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let offset = 0; offset < content.byteLength; ) {
    const value = valueAt(content, offset);
    values.push(value);
    offset += value.whole.byteLength;
  }
  return values;
}

function valueAt(bytes: Buffer, offset: number): DerValue {
  const tag = bytes[offset] ?? 0;
  if ((tag & 0x1f) === 0x1f) throw invalid('a tag of one byte');
  const { length, octets } = lengthAt(bytes, offset + 1);
  const start = offset + 1 + octets;
  if (start + length > bytes.byteLength) throw invalid(`${length} bytes of content`);
  return {
    tag,
    content: bytes.subarray(start, start + length),
    whole: bytes.subarray(offset, start + length),
  };
}

function lengthAt(bytes: Buffer, offset: number): { readonly length: number; readonly octets: number } {
  const first = bytes[offset] ?? 0x80;
  if (first < 0x80) return { length: first, octets: 1 };
  const count = first & 0x7f;
  if (count === 0 || count > maxLengthOctets || offset + 1 + count > bytes.byteLength)
    throw invalid('a length');
  const length = bytes.readUIntBE(offset + 1, count);
  const shortest = length < 0x80 ? 0 : Math.ceil((32 - Math.clz32(length)) / 8);
  if (count !== shortest) throw invalid('the shortest form of a length');
  return { length, octets: 1 + count };
}

/** Dotted. @throws Refused CERTIFICATE_INVALID. */
export function readOid(value: DerValue | undefined): string {
  const { content } = expectTag(value, derTags.oid);
  if (content.byteLength > maxOidBytes) throw invalid('an object identifier of certificates');
  const [first = 0n, ...rest] = arcsOf(content);
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

/** Numbers in base 128, each ending with a byte below that. */
function arcsOf(content: Buffer): readonly bigint[] {
  const arcs: bigint[] = [];
  let start = 0;
  for (const [index, byte] of content.entries()) {
    if (byte >= 0x80) continue;
    arcs.push(arcOf(content.subarray(start, index + 1)));
    start = index + 1;
  }
  if (arcs.length === 0 || start !== content.byteLength) throw invalid('a whole object identifier');
  return arcs;
}

function arcOf(bytes: Buffer): bigint {
  if (bytes[0] === 0x80) throw invalid('the shortest form of an object identifier');
  return bytes.reduce((arc, byte) => arc * 128n + BigInt(byte & 0x7f), 0n);
}

/** @throws Refused CERTIFICATE_INVALID for anything but the two values of DER. */
export function readBoolean(value: DerValue | undefined): boolean {
  const { content } = expectTag(value, derTags.boolean);
  const [byte] = content;
  if (content.byteLength !== 1 || (byte !== 0 && byte !== 0xff)) throw invalid('a boolean');
  return byte === 0xff;
}

/** A count of one byte: path lengths are no larger. @throws Refused CERTIFICATE_INVALID. */
export function readCount(value: DerValue | undefined): number {
  const { content } = expectTag(value, derTags.integer);
  const [byte = 0x80] = content;
  if (content.byteLength !== 1 || byte >= 0x80) throw invalid('a number below 128');
  return byte;
}

function invalid(expected: string): Refused {
  return new Refused('CERTIFICATE_INVALID', `expected a certificate in DER: ${expected}`);
}
