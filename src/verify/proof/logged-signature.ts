import * as z from 'zod';
import { logEntrySchema } from '../evidence/log-entry.ts';
import { madeOnce } from '../evidence/made-once.ts';
import { Refused } from '../evidence/refused.ts';
import { decodeBase64 } from '../evidence/strict-base64.ts';
import { conform, parseStrictJson } from '../evidence/strict-json.ts';
import { parsePem } from '../evidence/strict-pem.ts';
import type { Signer } from './signer.ts';

/** What an entry says of itself; the library has to find that a trusted log says so too. */
export interface LoggedSignature {
  readonly logId: Buffer;
  /** Milliseconds since the epoch: of entries with a promise, which is what vouches for it. */
  readonly promisedAt?: number;
  /** `kind/version` */
  readonly kind: string;
  readonly body: unknown;
}

/** Reads one entry of a transparency log strictly. @throws Refused LOG_ENTRY_INVALID. */
export function readLoggedSignature(value: unknown): LoggedSignature {
  return asLogFault(() => {
    const entry = conform(logEntrySchema(), value, 'tlogEntry');
    const { kind, version } = entry.kindVersion;
    const promised = entry.inclusionPromise === undefined ? undefined : Number(entry.integratedTime ?? 0);
    return {
      logId: Buffer.from(entry.logId.keyId, 'base64'),
      kind: `${kind}/${version}`,
      body: parseStrictJson(Buffer.from(entry.canonicalizedBody, 'base64')),
      ...(promised === undefined ? {} : { promisedAt: promised * 1000 }),
    };
  });
}

type Verifier = {
  readonly [name in 'x509Certificate' | 'publicKey']?: { readonly rawBytes: string } | undefined;
};

const bodySchemas = madeOnce(() => {
  const pemKey = z.object({ publicKey: z.object({ content: z.string() }) });
  const rawBytes = z.object({ rawBytes: z.string() }).optional();
  const verifier = z.object({ x509Certificate: rawBytes, publicKey: rawBytes });
  const signatures = z.array(z.object({ publicKey: z.string() }));
  return new Map<string, z.ZodType<readonly Uint8Array[]>>([
    [
      'hashedrekord/0.0.1',
      z
        .object({ spec: z.object({ signature: pemKey }) })
        .transform(({ spec }) => [pemContent(spec.signature.publicKey.content)]),
    ],
    [
      'dsse/0.0.1',
      z
        .object({ spec: z.object({ signatures: z.array(z.object({ verifier: z.string() })) }) })
        .transform(({ spec }) => spec.signatures.map((one) => pemContent(one.verifier))),
    ],
    [
      'intoto/0.0.2',
      z
        .object({ spec: z.object({ content: z.object({ envelope: z.object({ signatures }) }) }) })
        .transform(({ spec }) => spec.content.envelope.signatures.map((one) => pemContent(one.publicKey))),
    ],
    [
      'hashedrekord/0.0.2',
      z
        .object({ spec: z.object({ hashedRekordV002: z.object({ signature: z.object({ verifier }) }) }) })
        .transform(({ spec }) => [rawContent(spec.hashedRekordV002.signature.verifier)]),
    ],
  ]);
});

/**
 * The library compares signature and hash of an entry, but not the signer that it names: an entry of somebody else would do (CVE-2026-22703).
 * @throws Refused LOG_ENTRY_INVALID unless the entry names this very certificate, or key where there is no certificate.
 */
export function requireSignerOf({ kind, body }: LoggedSignature, { key, certificate }: Signer): void {
  const expected = certificate?.der ?? key.key.export({ format: 'der', type: 'spki' });
  const named = namedSigners(kind, body);
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0 && expected.equals(only)) return;
  const what = certificate === undefined ? `the key ${key.id}` : 'the certificate of this signature';
  throw invalid(`expected a log entry that names ${what}, got one for another signer`);
}

function namedSigners(kind: string, body: unknown): readonly Uint8Array[] {
  const schema = bodySchemas().get(kind);
  if (schema === undefined) {
    const known = [...bodySchemas().keys()].join(', ');
    throw invalid(`expected a log entry of a kind ${known}, got ${JSON.stringify(kind.slice(0, 60))}`);
  }
  return asLogFault(() => conform(schema, body, 'canonicalizedBody'));
}

function pemContent(encoded: string): Uint8Array {
  const pem = Buffer.from(decodeBase64(encoded, 'signer of the entry')).toString('latin1');
  return parsePem(pem, ['CERTIFICATE', 'PUBLIC KEY'], 'signer of the entry').content;
}

function rawContent({ x509Certificate, publicKey }: Verifier): Uint8Array {
  if (x509Certificate !== undefined && publicKey !== undefined) throw invalid('expected one signer, got two');
  return decodeBase64((x509Certificate ?? publicKey)?.rawBytes ?? '', 'signer of the entry');
}

/** Whatever is wrong with an entry, the reason is the entry. */
function asLogFault<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Refused('LOG_ENTRY_INVALID', detail, { cause: thrown });
  }
}

function invalid(detail: string): Refused {
  return new Refused('LOG_ENTRY_INVALID', detail);
}
