import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bundleOf,
  envelopeOf,
  legacyLayer,
  newSigner,
  payloadOf,
  simpleSigningType,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import type { UnverifiedCandidate } from './evidence/candidate.ts';
import { examine } from './policy/examine.ts';
import { anyAuthority } from './policy/requirement.ts';
import { parsePublicKey } from './proof/public-key.ts';

// Whatever bytes come, the answer is a refusal: no exception, no acceptance.

const digest = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;
const signer = newSigner();
const rsa = newSigner('rsa2048');
const requirement = anyAuthority(
  'policy',
  await Promise.all(
    [signer, rsa].map(async ({ publicPem }) => ({
      kind: 'key' as const,
      name: 'key',
      keys: [{ key: await parsePublicKey(publicPem, 'key') }],
      time: { logs: 0, timestamps: 0 },
    })),
  ),
);
const signatureKey = 'dev.cosignproject.cosign/signature';

function kindOf(candidate: UnverifiedCandidate): string | undefined {
  const { judgements } = examine(candidate, { requirements: [requirement], digest, now: 0 });
  const [judgement] = judgements;
  if (judgement?.kind !== 'examined') return judgement?.kind;
  return judgement.attempts.some(({ result }) => result.kind === 'held') ? 'signed' : 'refused';
}

const bundle = (content: Uint8Array): string | undefined =>
  kindOf({ format: 'bundle', evidence: 'e', content });
const legacy = (content: Uint8Array, annotations: Record<string, string>): string | undefined =>
  kindOf({ format: 'legacy', evidence: 'e', content, mediaType: simpleSigningType, annotations });
const attestation = (content: Uint8Array): string | undefined =>
  kindOf({
    format: 'legacy',
    purpose: 'attestation',
    evidence: 'e',
    content,
    mediaType: 'application/vnd.dsse.envelope.v1+json',
    annotations: {},
  });
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value) ?? '');

const goodBundle = bytesOf(bundleOf(signer, statementOf(digest)));
const goodLayer = legacyLayer(signer, payloadOf(digest));

/** Every path to a value inside a document. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('attack 17: hostile evidence', () => {
  it('starts from evidence that is accepted', () => {
    expect(bundle(goodBundle)).toBe('signed');
    expect(legacy(goodLayer.content.content, goodLayer.annotations)).toBe('signed');
  });

  it('is refused as any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.string(), (content, annotation) => {
        expect(bundle(content)).toBe('refused');
        expect(attestation(content)).toBe('refused');
        expect(legacy(content, { [signatureKey]: annotation })).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  it('is refused as any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.base64String(), (value, annotation) => {
        expect(bundle(bytesOf(value))).toBe('refused');
        expect(attestation(bytesOf(value))).toBe('refused');
        expect(legacy(bytesOf(value), { [signatureKey]: annotation })).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  it('is refused with any value in any place of a good bundle, but for the hint that nobody trusts', () => {
    const good = JSON.parse(Buffer.from(goodBundle).toString());
    const paths = pathsOf(good).filter((path) => path.at(-1) !== 'hint');
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const changed = replaced(good, path, value);
        fc.pre(JSON.stringify(changed) !== JSON.stringify(good));
        fc.pre(path.at(-1) !== 'publicKey' || JSON.stringify(value) !== '{}');
        expect(bundle(bytesOf(changed))).toBe('refused');
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused with any value in any place of a statement, signed by a stranger', () => {
    const stranger = newSigner();
    const statement = statementOf(digest);
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(statement)), fc.jsonValue(), (path, value) => {
        expect(bundle(bytesOf(bundleOf(stranger, replaced(statement, path, value))))).toBe('refused');
      }),
      { numRuns: 200 },
    );
  });

  it('is refused with any payload that the trusted key signed, as long as it does not name this digest', () => {
    const statement = statementOf(other);
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(statement)), fc.jsonValue(), (path, value) => {
        fc.pre(!JSON.stringify(value).includes('abab'));
        expect(bundle(bytesOf(bundleOf(signer, replaced(statement, path, value))))).toBe('refused');
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with any one byte changed in the signed parts', () => {
    const envelope = envelopeOf(signer, statementOf(digest));
    const payload = Buffer.from(String(envelope.payload), 'base64');
    const position = fc.nat({ max: payload.byteLength - 1 });
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(payload);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const dsseEnvelope = { ...envelope, payload: changed.toString('base64') };
        expect(bundle(bytesOf(bundleOf(signer, '', { dsseEnvelope })))).toBe('refused');
      }),
      { numRuns: 300 },
    );
    const layer = Buffer.from(goodLayer.content.content);
    fc.assert(
      fc.property(fc.nat({ max: layer.byteLength - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(layer);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(legacy(changed, goodLayer.annotations)).toBe('refused');
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with any signature bytes', () => {
    const envelope = envelopeOf(signer, statementOf(digest));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (signature) => {
        const sig = Buffer.from(signature).toString('base64');
        expect(
          bundle(bytesOf(bundleOf(signer, '', { dsseEnvelope: { ...envelope, signatures: [{ sig }] } }))),
        ).toBe('refused');
        expect(legacy(goodLayer.content.content, { [signatureKey]: sig })).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  it('is refused with a certificate, a log entry or a timestamp that cannot be read', () => {
    const names = ['certificate', 'bundle', 'rfc3161timestamp'].map((name) => `dev.sigstore.cosign/${name}`);
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.json());
    fc.assert(
      fc.property(fc.constantFrom(...names), text, (name, annotation) => {
        const annotations = { ...goodLayer.annotations, [name]: annotation };
        expect(legacy(goodLayer.content.content, annotations)).toBe('refused');
      }),
      { numRuns: 500 },
    );
  });

  it('is refused cut off anywhere', () => {
    for (let length = 0; length < goodBundle.byteLength; length += 1) {
      expect(bundle(goodBundle.subarray(0, length))).toBe('refused');
    }
  });
});
