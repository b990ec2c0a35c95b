import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  authority,
  der,
  type Issued,
  issue,
  keyUsage,
  makeAuthority,
  oid,
  oids,
} from '../../../test/fixtures/certificate-maker.ts';
import { Refused } from '../evidence/refused.ts';
import {
  basicConstraintsOf,
  extendedKeyUsagesOf,
  keyUsages,
  mayBeUsedFor,
  readCertificate,
} from './certificate.ts';
import { requireCodeSigner } from './code-signing.ts';
import { childrenOf, readDer, readOid } from './der.ts';

let leaf: Issued;

beforeAll(async () => {
  leaf = await issue(await makeAuthority('root.test'));
});

const withExtension = async (id: string, value: Uint8Array) =>
  readCertificate((await issue(await makeAuthority('root.test'), { extensions: { [id]: { value } } })).der);

describe('readCertificate', () => {
  it('reads what Node reads', () => {
    const certificate = readCertificate(leaf.der);
    const { validFromDate, validToDate } = new X509Certificate(leaf.der);
    expect(certificate).toMatchObject({
      notBefore: validFromDate.getTime(),
      notAfter: validToDate.getTime(),
      signatureAlgorithm: '1.2.840.10045.4.3.2',
    });
    expect(extendedKeyUsagesOf(certificate)).toEqual(new X509Certificate(leaf.der).keyUsage);
    expect([...certificate.extensions.keys()].sort()).toEqual(
      [oids.alternativeName, oids.extendedKeyUsage, oids.issuer, oids.keyUsage].sort(),
    );
  });

  it.each([
    ['of no authority', der(0x30), { authority: false }],
    ['that says so', der(0x30, der(0x01, Buffer.of(0))), { authority: false }],
    ['of an authority', authority(), { authority: true }],
    ['of no authority, with limit', der(0x30, der(0x02, Buffer.of(3))), { authority: false, pathLength: 3 }],
    ['of an authority with limit', authority(3), { authority: true, pathLength: 3 }],
  ])('reads basic constraints %s', async (_, value, expected) => {
    expect(basicConstraintsOf(await withExtension(oids.basicConstraints, value))).toEqual(expected);
  });

  it.each([
    ['a boolean of its own', der(0x30, der(0x01, Buffer.of(1)))],
    ['a boolean of two bytes', der(0x30, der(0x01, Buffer.of(0xff, 0xff)))],
    ['a negative limit', der(0x30, der(0x01, Buffer.of(0xff)), der(0x02, Buffer.of(0x80)))],
    ['a limit of two bytes', der(0x30, der(0x01, Buffer.of(0xff)), der(0x02, Buffer.of(1, 1)))],
    ['no sequence', der(0x31)],
    ['bytes behind it', Buffer.concat([der(0x30), Buffer.of(5, 0)])],
  ])('refuses basic constraints with %s', async (_, value) => {
    const certificate = await withExtension(oids.basicConstraints, value);
    expect(() => basicConstraintsOf(certificate)).toThrow(Refused);
  });

  it('reads key usages, and takes none for all', async () => {
    const signs = await withExtension(oids.keyUsage, keyUsage(0x80));
    expect(mayBeUsedFor(signs, keyUsages.digitalSignature)).toBe(true);
    expect(mayBeUsedFor(signs, keyUsages.certificateSigning)).toBe(false);
    const all = readCertificate(
      (await issue(await makeAuthority('root.test'), { extensions: { [oids.keyUsage]: null } })).der,
    );
    expect(mayBeUsedFor(all, keyUsages.certificateSigning)).toBe(true);
  });

  it('refuses more than 32 KiB before it reads them', () => {
    expect(() => readCertificate(Buffer.alloc(33 * 1024))).toThrow('at most 32768 bytes');
  });

  it('refuses one extension twice', () => {
    const id = oid('1.2.3.4');
    const once = der(0x30, id, der(0x04, Buffer.of(5, 0)));
    const tampered = withExtensions(leaf.der, der(0x30, once, once));
    expect(() => readCertificate(tampered)).toThrow('once');
  });

  it('reads a certificate without extensions, and one that says of one that it is not critical', () => {
    expect(readCertificate(withExtensions(leaf.der)).extensions.size).toBe(0);
    const said = der(0x30, oid('1.2.3.4'), der(0x01, Buffer.of(0)), der(0x04, Buffer.of(5, 0)));
    const { extensions } = readCertificate(withExtensions(leaf.der, der(0x30, said)));
    expect(extensions.get('1.2.3.4')).toEqual({ critical: false, value: Buffer.of(5, 0) });
  });

  it('never crashes on changed certificates, and never reads more in them than Node does', () => {
    const change = fc.record({ at: fc.nat(leaf.der.byteLength - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(leaf.der);
        for (const { at, byte } of changes) bytes[at] = byte;
        const read = attempt(() => requireCodeSigner(readCertificate(bytes)));
        if (read instanceof Refused) return;
        expect(read).toBeUndefined();
        const { ca, keyUsage: usages } = new X509Certificate(bytes);
        expect(ca).toBe(false);
        expect(usages).toContain('1.3.6.1.5.5.7.3.3');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('DER', () => {
  it.each([
    ['nothing', ''],
    ['a length that is cut', '3082'],
    ['content that is cut', '300201'],
    ['bytes behind the value', '300000'],
    ['a length in more bytes than needed', '30810100'],
    ['a length with a leading zero', `30820080${'00'.repeat(128)}`],
    ['a length without end', '30800000'],
    ['a length of five bytes', '30850000000001ff'],
    ['a length of eight bytes', '30880000000000000001ff'],
    ['a tag of several bytes', '3f810000'],
  ])('refuses %s', (_, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'), 0x30)).toThrow(Refused);
  });

  it('refuses a tag of several bytes inside', () => {
    expect(() => childrenOf(readDer(der(0x30, Buffer.from('1f0100', 'hex')), 0x30), 0x30)).toThrow(Refused);
  });

  it('reads lengths in one, two and three bytes', () => {
    for (const size of [0, 1, 127, 128, 255, 256, 65_535]) {
      expect(readDer(der(0x30, Buffer.alloc(size)), 0x30).content.byteLength).toBe(size);
    }
  });

  it.each(['1.2.840.10045.4.3.2', '2.5.29.37', '0.9.2342', '1.3.6.1.4.1.57264.1.8', '2.999.3'])(
    'reads object identifier %s',
    (text) => {
      const bytes = text === '2.999.3' ? Buffer.from('0603883703', 'hex') : oid(text);
      expect(readOid(readDer(bytes, 0x06))).toBe(text);
    },
  );

  it.each([
    ['that is empty', '0600'],
    ['that is cut', '060188'],
    ['whose last number is cut', '06025588'],
    ['with a leading zero', '0603558001'],
    ['that is endless', `0621${'01'.repeat(33)}`],
  ])('refuses an object identifier %s', (_, hex) => {
    expect(() => readOid(readDer(Buffer.from(hex, 'hex'), 0x06))).toThrow(Refused);
  });

  it('throws nothing but refusals, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const outcome = attempt(() => readCertificate(bytes));
        expect(outcome).toBeInstanceOf(Refused);
      }),
    );
  });
});

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (thrown) {
    return thrown;
  }
}

/** The certificate with another list of extensions; its signature is none any more. */
function withExtensions(certificate: Buffer, ...list: readonly Buffer[]): Buffer {
  const outer = readDer(certificate, 0x30);
  const [signed, ...rest] = parts(outer.content);
  const kept = parts(readDer(signed ?? Buffer.alloc(0), 0x30).content).filter((part) => part[0] !== 0xa3);
  return der(0x30, der(0x30, ...kept, ...list.map((each) => der(0xa3, each))), ...rest);
}

function parts(content: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let rest = content; rest.byteLength > 0; ) {
    const size = sizeOf(rest);
    found.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return found;
}

function sizeOf(bytes: Buffer): number {
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  return 2 + count + bytes.readUIntBE(2, count);
}
