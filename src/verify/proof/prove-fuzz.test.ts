import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../../../test/fixtures/certificate-maker.ts';
import {
  claimOf,
  loadRoot,
  logV1,
  logV2,
  offlineSigstore,
  rootJson,
  stamp,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { Refused } from '../evidence/refused.ts';
import type { KeylessAuthority } from './authority.ts';
import { prove } from './prove.ts';

const at = (Math.floor(Date.now() / 1000) + 10) * 1000;
const now = at + 60_000;

let authority: KeylessAuthority;
/** One by Rekor v1, one by Rekor v2; both with a timestamp. */
let claims: readonly UnverifiedClaim[];

beforeAll(async () => {
  const sigstore = await offlineSigstore();
  const signer = await issue(sigstore.fulcio, { log: sigstore.ctLog });
  const subject = { written: 'anybody', matches: () => true };
  authority = {
    kind: 'keyless',
    name: 'test',
    identities: [{ subject, extensions: new Map() }],
    time: { logs: 1, timestamps: 1 },
    trustedRoot: await loadRoot(rootJson(sigstore)),
  };
  const claim = claimOf(signer);
  const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at)];
  claims = [
    withEvidence(claim, {
      timestamps,
      logEntries: [await logV1(sigstore.logs[0], claim, { at, named: signer })],
    }),
    withEvidence(claim, { timestamps, logEntries: [await logV2(sigstore.logs[0], claim, signer)] }),
  ];
});

const change = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  by: fc.integer({ min: 1, max: 255 }),
});
const changes = fc.array(change, { minLength: 1, maxLength: 3 });
type Changes = readonly { readonly at: number; readonly by: number }[];

function flipped(bytes: Uint8Array, list: Changes): Buffer {
  const copy = Buffer.from(bytes);
  for (const { at: place, by } of list) {
    const index = Math.floor(place * copy.byteLength);
    copy[index] = (copy[index] ?? 0) ^ by;
  }
  return copy;
}

/** The text with some of its bytes changed, where it is base64; else with some of its characters. */
function tampered(text: string, list: Changes): string {
  const bytes = Buffer.from(text, 'base64');
  const isBase64 = bytes.byteLength > 0 && bytes.toString('base64') === text;
  return isBase64 ? flipped(bytes, list).toString('base64') : flipped(Buffer.from(text), list).toString();
}

/** The paths of all texts in a value. */
function textsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => textsIn(member, [...path, key]));
}

function replaced(value: unknown, path: readonly string[], by: (text: string) => string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by(String(value));
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('prove, whatever is changed', () => {
  it.each([
    ['Rekor v1', 0],
    ['Rekor v2', 1],
  ])('attack 17: changed evidence of %s never proves anything else', (_, index) => {
    const claim = claims[index] as UnverifiedClaim;
    const honest = prove(authority, claim, now);
    expect(honest).toHaveProperty('keyId');
    const places = textsIn(claim.evidence);
    fc.assert(
      fc.property(fc.constantFrom(...places), changes, (place, list) => {
        const evidence = replaced(claim.evidence, place, (text) => tampered(text, list));
        const outcome = prove(authority, { ...claim, evidence } as UnverifiedClaim, now);
        if (!(outcome instanceof Refused)) expect(outcome).toEqual(honest);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['signature', 'signedBytes', 'payload', 'leaf'] as const)(
    'attack 17: a changed %s proves nothing',
    (part) => {
      const claim = claims[0] as UnverifiedClaim;
      fc.assert(
        fc.property(change, (one) => {
          const list = [one];
          const material = claim.material;
          if (material.kind !== 'certificate') throw new Error('expected a certificate');
          const changed =
            part === 'leaf'
              ? { material: { ...material, leaf: flipped(material.leaf, list) } }
              : { [part]: flipped(claim[part] ?? Buffer.alloc(0), list) };
          expect(prove(authority, { ...claim, ...changed } as UnverifiedClaim, now)).toBeInstanceOf(Refused);
        }),
        { numRuns: 25 },
      );
    },
  );
});
