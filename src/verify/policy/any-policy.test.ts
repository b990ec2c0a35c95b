import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  bundleOf,
  desiredState,
  newSigner,
  ociSource,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import { siteObjectSchema, type VerificationPolicy, verificationPolicySchema } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { requirementsOf } from './authorities.ts';
import { examine } from './examine.ts';
import { decideVerdict } from './verdict.ts';

// Whatever a policy says, the answer is one that a slow and plain reading of it gives; and whatever text it holds, it is read or refused.

const digest = `sha256:${'ab'.repeat(32)}`;
const elsewhere = `sha256:${'cd'.repeat(32)}`;
const signers = [newSigner(), newSigner(), newSigner(), newSigner()];
const types = ['https://type.test/a', 'https://type.test/b'];
const roots = {
  open: async () => {
    throw new SealiftError('OBJECT_NOT_FOUND', 'trusted root', 'none in this test');
  },
};

/** One thing beside the artifact: who signed, what, about which digest. */
interface Piece {
  readonly by: number;
  readonly about: string;
  /** Absent: a signature. */
  readonly type?: string | undefined;
  readonly level: number;
}

const piece: fc.Arbitrary<Piece> = fc.record({
  by: fc.nat(3),
  about: fc.constantFrom(digest, digest, digest, elsewhere),
  type: fc.constantFrom(undefined, undefined, undefined, ...types),
  level: fc.nat(3),
});

/** A policy in the words of this test. */
interface Wanted {
  readonly mode: 'enforce' | 'warn';
  /** Signers of each authority. */
  readonly authorities: readonly (readonly number[])[];
  readonly threshold: number;
  readonly attested: readonly {
    readonly type: string;
    readonly by: readonly number[];
    readonly level: number;
  }[];
  readonly deniedKeys: readonly number[];
  readonly deniesArtifact: boolean;
}

const wanted: fc.Arbitrary<Wanted> = fc
  .array(fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
  .chain((authorities) =>
    fc.record({
      mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'warn' as const),
      authorities: fc.constant(authorities),
      threshold: fc.integer({ min: 1, max: authorities.length }),
      attested: fc.array(
        fc.record({
          type: fc.constantFrom(...types),
          by: fc.uniqueArray(fc.nat(authorities.length - 1), { minLength: 1 }),
          level: fc.nat(3),
        }),
        { maxLength: 2 },
      ),
      deniedKeys: fc.uniqueArray(fc.nat(3), { maxLength: 1 }),
      deniesArtifact: fc.constantFrom(false, false, false, false, true),
    }),
  );

function policyOf(policy: Wanted, at: number): VerificationPolicy {
  const { mode, authorities, threshold, attested, deniedKeys, deniesArtifact } = policy;
  const data = (keys: readonly number[]): string => keys.map((key) => signers[key]?.publicPem).join('');
  return verificationPolicySchema.parse({
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'VerificationPolicy',
    metadata: { name: `policy-${at}` },
    spec: {
      mode,
      match: { repositories: ['**'] },
      authorities: authorities.map((keys, name) => ({ name: `a${name}`, key: { data: data(keys) } })),
      require: threshold === authorities.length ? 'all' : { atLeast: threshold },
      attestations: attested.map(({ type, by, level }, name) => ({
        name: `t${name}`,
        predicateType: type,
        authorities: by.map((authority) => `a${authority}`),
        rules: [{ cel: `predicate.level >= ${level}` }],
      })),
      deny: {
        keys: deniedKeys.map((key) => signers[key]?.id),
        digests: deniesArtifact ? [digest] : [],
      },
    },
  });
}

/** Whether a policy holds, by trying everything. */
function holdsPlainly(policy: Wanted, denied: ReadonlySet<number>, pieces: readonly Piece[]): boolean {
  const counts = pieces.filter(({ by, about }) => about === digest && !denied.has(by));
  const signedBy = new Set(counts.filter(({ type }) => type === undefined).map(({ by }) => by));
  const assign = (authority: number, taken: ReadonlySet<number>): number => {
    const keys = policy.authorities[authority];
    if (keys === undefined) return taken.size;
    const free = keys.filter((key) => signedBy.has(key) && !taken.has(key));
    return Math.max(
      assign(authority + 1, taken),
      ...free.map((key) => assign(authority + 1, new Set([...taken, key]))),
    );
  };
  const attested = policy.attested.every(({ type, by, level }) =>
    counts.some(
      (one) =>
        one.type === type &&
        one.level >= level &&
        by.some((authority) => policy.authorities[authority]?.includes(one.by)),
    ),
  );
  return assign(0, new Set()) >= policy.threshold && attested;
}

function verdictPlainly(policies: readonly Wanted[], pieces: readonly Piece[]): boolean {
  const enforced = policies.filter(({ mode }) => mode === 'enforce');
  if (enforced.some(({ deniesArtifact }) => deniesArtifact)) return false;
  const deniedByAll = enforced.flatMap(({ deniedKeys }) => deniedKeys);
  return enforced.every((policy) =>
    holdsPlainly(policy, new Set([...deniedByAll, ...policy.deniedKeys]), pieces),
  );
}

function contentOf({ by, about, type, level }: Piece): Uint8Array {
  const signer = signers[by];
  if (signer === undefined) throw new Error(`no signer ${by}`);
  const change = type === undefined ? {} : { predicateType: type, predicate: { level } };
  return Buffer.from(JSON.stringify(bundleOf(signer, statementOf(about, change))));
}

async function accepts(policies: readonly Wanted[], pieces: readonly Piece[]): Promise<boolean> {
  const required = await requirementsOf(ociSource(), desiredState(...policies.map(policyOf)), roots);
  if (required.kind !== 'required') throw new Error(`expected requirements, got ${required.kind}`);
  const { requirements } = required;
  const findings = pieces.map((one, at) =>
    examine(
      { format: 'bundle', evidence: `sha256:${at}`, content: contentOf(one) },
      { requirements, digest, now: 0 },
    ),
  );
  return decideVerdict(digest, requirements, findings).kind !== 'refused';
}

describe('policies and evidence of any kind', () => {
  it('are judged as a plain reading of them judges, in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wanted, { minLength: 1, maxLength: 3 }),
        fc.array(piece, { maxLength: 7 }),
        async (policies, pieces) => {
          const expected = verdictPlainly(policies, pieces);
          expect(await accepts(policies, pieces)).toBe(expected);
          expect(await accepts(policies.toReversed(), pieces.toReversed())).toBe(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('more evidence never makes a verdict worse', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wanted, { minLength: 1, maxLength: 2 }),
        fc.array(piece, { maxLength: 5 }),
        piece,
        async (policies, pieces, more) => {
          if (await accepts(policies, pieces)) expect(await accepts(policies, [...pieces, more])).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** A good policy with everything in it, to be made worse. */
const whole = {
  apiVersion: 'sealift.dev/v1alpha1',
  kind: 'VerificationPolicy',
  metadata: { name: 'whole' },
  spec: {
    match: { repositories: ['**'], sources: [{ name: 'app' }] },
    mode: 'enforce',
    authorities: [
      { name: 'a', key: { data: signers[0]?.publicPem, notAfter: '2027-01-01T00:00:00Z' }, logs: 0 },
      {
        name: 'b',
        keyless: { identities: [{ issuer: 'x', subjectPattern: 'a.*', extensions: { sourceRef: 'y' } }] },
      },
    ],
    require: { atLeast: 1 },
    attestations: [
      { name: 'p', predicateType: 'x', authorities: ['a'], rules: [{ cel: 'predicate.a == 1' }] },
    ],
    deny: { keys: [signers[1]?.id], identities: [{ issuer: 'x' }], digests: [elsewhere] },
    formats: ['bundle'],
    freshness: { order: 'sequence', maxJump: 3, expires: 'required', maxAge: '1h', audience: ['a'] },
  },
};

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

describe('a policy of any text', () => {
  it('is read, or refused with a reason: nothing else', async () => {
    expect(siteObjectSchema.safeParse(whole).success).toBe(true);
    const hostile = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.constantFrom(
        -1,
        1.5,
        Number.NaN,
        2 ** 60,
        '',
        'none',
        '((((',
        '(a+)+$',
        '\u0000',
        '__proto__',
        null,
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pathsOf(whole).slice(1)), hostile, async (path, value) => {
        const parsed = verificationPolicySchema.safeParse(replaced(whole, path, value));
        if (!parsed.success) {
          expect(parsed.error).toBeInstanceOf(z.ZodError);
          return;
        }
        const outcome = await requirementsOf(ociSource(), desiredState(parsed.data), roots).catch(
          (thrown: unknown) => thrown,
        );
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(SealiftError);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([Number.NaN, 0, -1, 1.5, '1', 2 ** 53, null, true, []])(
    'attack 38: no threshold is %j',
    (atLeast) => {
      expect(siteObjectSchema.safeParse(replaced(whole, ['spec', 'require'], { atLeast })).success).toBe(
        false,
      );
    },
  );
});
