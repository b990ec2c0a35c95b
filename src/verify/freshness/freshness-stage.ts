import { createHash } from 'node:crypto';
import { parseManifest } from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type Floor,
  type Floors,
  floorKey,
  type OciRepository,
  policyName,
  type Refusal,
  type ResolvedRevision,
  revisionTag,
  type Signer,
  type Verdict,
  type VerificationPolicy,
} from '../../api/index.ts';
import { matches } from '../policy/matches.ts';
import { spellingsOf } from '../policy/repository-name.ts';
import { thresholdOf } from '../policy/threshold.ts';
import { type Fresh, judgeFreshness } from './judge-freshness.ts';
import type { FreshnessRule, JudgedRevision, Stale } from './rule.ts';

interface FreshnessRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly resolved: ResolvedRevision;
  readonly verdict: Exclude<Verdict, { readonly kind: 'refused' }>;
  /** What the site keeps. */
  readonly floors: Pick<Floors, 'of'>;
  /** Milliseconds since the epoch: the later of the clock and the site's lower bound of time. */
  readonly now: number;
}

/** A floor that moves, and whence. */
interface FloorMove {
  readonly to: Floor;
  /** Absent for the first floor of a stream. */
  readonly from?: Floor;
}

type FreshnessOutcome =
  | {
      readonly kind: 'fresh';
      readonly moves: readonly FloorMove[];
      /** Where the artifact stands now, for each order that is kept. */
      readonly floors: readonly Floor[];
      readonly until?: number;
      readonly times: readonly number[];
      /** What policies in mode `warn` would have refused. */
      readonly warnings: readonly Refusal[];
    }
  | Stale;

interface FreshnessStage {
  basis(source: OciRepository, desired: DesiredState): string;
  judge(request: FreshnessRequest): FreshnessOutcome;
}

/** Who asks for freshness, how, and whose signatures count for it. */
interface Asker {
  readonly name: string;
  readonly mode: 'enforce' | 'warn';
  readonly rule: FreshnessRule;
  readonly signatures: readonly Signer[];
  /** How many authorities have to have signed. */
  readonly threshold: number;
}

/** What `spec.verify` asks for: Flux knows no freshness, but who signs an expiry means it. */
const ofSpecVerify: FreshnessRule = { order: 'none', expires: 'ifPresent' };

/**
 * Judges an accepted artifact by the `freshness` of every policy that matches its source: all of them have to hold. Does no I/O.
 * @param site name of the site, if it has one: an audience beside those that policies list.
 */
export function createFreshnessStage(site?: string): FreshnessStage {
  return {
    basis: (source, desired) => basisOf(source, desired, site),
    judge: (request) => {
      const { source, resolved, now } = request;
      const askers = askersOf(request);
      if (askers.length === 0) return nothingAsked;
      const annotations = annotationsOf(resolved);
      const repository = floorRepository(source.spec.url);
      const floors = request.floors.of(repository);
      const memory = { repository, source: nameOf(source), floors, now, site };
      const judged = askers.map((asker) => {
        const revision = revisionOf(resolved, annotations, asker);
        const outcome = judgeFreshness(asker.rule, revision, { ...memory, policy: asker.name });
        return { asker, outcome };
      });
      return together(judged, floors);
    },
  };
}

/** Hash of what is asked of a source, whose signatures count for it, and of whom it is asked. What cannot be told apart counts as asking. */
function basisOf(source: OciRepository, { policies }: DesiredState, site?: string): string {
  const asking = policies.filter((policy) => {
    try {
      return matches(policy, source);
    } catch {
      return true;
    }
  });
  const rules = asking.map((policy) => [policyName(policy), policy.spec]);
  return createHash('sha256')
    .update(JSON.stringify([site ?? null, source.spec.verify ?? null, rules]))
    .digest('hex');
}

const nothingAsked: FreshnessOutcome = { kind: 'fresh', moves: [], floors: [], times: [], warnings: [] };

function askersOf({ source, desired, verdict }: FreshnessRequest): readonly Asker[] {
  const signers = verdict.kind === 'accepted' ? verdict.signers : [];
  const signedFor = (name: string): readonly Signer[] =>
    signaturesOf(signers.filter(({ policy }) => policy === name));
  const policies = desired.policies
    .filter((policy) => matches(policy, source))
    .map((policy) => askerOf(policy, signedFor(policyName(policy))))
    // Whom nobody signed for has been warned of that already; unsigned annotations are nobody's word, and must move no floor.
    .filter(({ mode, signatures }) => mode === 'enforce' || signatures.length > 0);
  if (source.spec.verify === undefined) return policies;
  const name = 'spec.verify';
  return [
    ...policies,
    { name, mode: 'enforce', rule: ofSpecVerify, signatures: signedFor(name), threshold: 1 },
  ];
}

function askerOf({ metadata, spec }: VerificationPolicy, signatures: readonly Signer[]): Asker {
  const { mode, freshness: rule } = spec;
  return { name: policyName({ metadata }), mode, rule, signatures, threshold: thresholdOf(spec) };
}

/** Attestations speak of how an artifact came to be, and count where nobody has to sign. */
function signaturesOf(signers: readonly Signer[]): readonly Signer[] {
  const signatures = signers.filter(({ predicateType }) => predicateType === undefined);
  return signatures.length > 0 ? signatures : signers;
}

interface Judged {
  readonly asker: Asker;
  readonly outcome: Fresh | Stale;
}

/** Each asker was judged against the floors as they were, so that what one of them lets go back is not let go back for the others. */
function together(judged: readonly Judged[], before: readonly Floor[]): FreshnessOutcome {
  const refused = judged.flatMap(({ asker, outcome }) =>
    outcome.kind === 'stale' ? [{ asker, outcome }] : [],
  );
  const enforced = refused.find(({ asker }) => asker.mode === 'enforce');
  if (enforced !== undefined) {
    const { asker, outcome } = enforced;
    return { ...outcome, detail: `${asker.name}: ${outcome.detail}` };
  }
  const fresh = judged.flatMap(({ outcome }) => (outcome.kind === 'fresh' ? [outcome] : []));
  const floors = new Map(
    fresh.flatMap(({ floor }) => (floor === undefined ? [] : [[floorKey(floor), floor] as const])),
  );
  const ends = fresh.flatMap(({ until }) => (until === undefined ? [] : [until]));
  return {
    kind: 'fresh',
    floors: [...floors.values()],
    moves: [...floors.values()].flatMap((to) => moveOf(to, before)),
    times: fresh.flatMap(({ times }) => times),
    warnings: refused.map(({ asker, outcome: { code, detail } }) => ({ code, subject: asker.name, detail })),
    ...(ends.length === 0 ? {} : { until: Math.min(...ends) }),
  };
}

function moveOf(to: Floor, before: readonly Floor[]): readonly FloorMove[] {
  const from = before.find((floor) => floorKey(floor) === floorKey(to));
  if (from === to) return [];
  return [from === undefined ? { to } : { to, from }];
}

function revisionOf(
  { revision, manifest }: ResolvedRevision,
  annotations: Readonly<Record<string, string>>,
  { signatures, threshold }: Asker,
): JudgedRevision {
  const { digest } = manifest;
  const tag = revisionTag(revision);
  return { digest, annotations, signatures, threshold, ...(tag === undefined ? {} : { tag }) };
}

/** Of the manifest that was verified, byte for byte. @throws SealiftError MANIFEST_INVALID. */
function annotationsOf({ content, manifest, revision }: ResolvedRevision): Readonly<Record<string, string>> {
  try {
    return parseManifest(content, manifest.mediaType).annotations ?? {};
  } catch (thrown) {
    throw asRegistryError(thrown, revision);
  }
}

function nameOf({ metadata }: OciRepository): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** `Floor.repository` of a URL: the same text for every spelling, so that none of them leads round the floor. @throws SealiftError REFERENCE_INVALID. */
export function floorRepository(url: string): string {
  const [first = url] = [...spellingsOf(url).names].sort();
  return first;
}
