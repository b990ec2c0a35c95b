import { type Descriptor, OciError, type ReadStore, type Store } from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type OciRepository,
  type ResolvedRevision,
  revisionDigest,
  sourceText,
  type Verdict,
} from '../../api/index.ts';
import { withRootAge } from '../basis/root-age.ts';
import { type RootId, rootsOf, verdictBasis } from '../basis/verdict-basis.ts';
import { type AcceptedVerdict, VerdictCache } from '../basis/verdict-cache.ts';
import { refuseDenied } from '../policy/denied-artifact.ts';
import { keepEvidence, listEvidence } from './kept-evidence.ts';
import { RecordingRepository } from './recording-repository.ts';
import type { OpenSource, VerifyStage } from './verify-stage.ts';

interface StandingRequest {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly revision: string;
}

interface StandingStage {
  basis(source: OciRepository, desired: DesiredState): string;
  judge(request: StandingRequest, signal: AbortSignal): Promise<Verdict>;
}

export interface StandingPorts {
  /** A stage that judges by what the repositories hold that it is given. */
  readonly stageOver: (openRepository: OpenSource) => VerifyStage;
  /** The registry. */
  readonly openRepository: OpenSource;
  /** The part of the local layout that belongs to a source. */
  readonly openLocal: (source: OciRepository) => Store;
  readonly rootId: RootId;
  /** When the trusted root of a name was stored or published, in milliseconds since the epoch. */
  readonly rootSince: (name: string) => number | undefined;
  /** Milliseconds since the epoch that the site trusts to have come. */
  readonly now: () => number;
}

export interface KeepingVerifyStage extends VerifyStage {
  denied: typeof refuseDenied;
}

/** A stage that judges by the registry, and keeps what it counted in the local layout when it accepts. */
export function createKeepingVerifyStage(ports: Omit<StandingPorts, 'rootId'>): KeepingVerifyStage {
  const { stageOver, openRepository, openLocal } = ports;
  return {
    denied: refuseDenied,
    verify: async (request, signal) => {
      // Opened when it is asked for: what asks for no signature opens nothing.
      let recorded: RecordingRepository | undefined;
      const open: OpenSource = async (source, desired) => {
        recorded = new RecordingRepository(await openRepository(source, desired));
        return recorded;
      };
      const verdict = await stageOver(open).verify(request, signal);
      if (verdict.kind === 'accepted' && recorded !== undefined) {
        const found = { verdict, recorded };
        await onLocal(request.source, async () => {
          const counted = (await keptAlready(ports, request, verdict, signal)) ?? found;
          const kept = { resolved: request.resolved, evidence: evidenceOf(counted.verdict) };
          await keepEvidence(openLocal(request.source), counted.recorded, kept, signal);
        });
      }
      return aged(ports, request, verdict);
    },
  };
}

interface Counted {
  readonly verdict: AcceptedVerdict;
  readonly recorded: RecordingRepository;
}

/**
 * What is kept, where it suffices as long and as well as what was found now. What is unsigned in a bundle could be written anew at every poll,
 * and each spelling would be kept beside the others until the disk is full.
 */
async function keptAlready(
  { stageOver, openLocal }: Pick<StandingPorts, 'stageOver' | 'openLocal'>,
  request: Parameters<VerifyStage['verify']>[0],
  found: AcceptedVerdict,
  signal: AbortSignal,
): Promise<Counted | undefined> {
  const { manifest, content } = request.resolved;
  const local = openLocal(request.source);
  const subject: Descriptor = { ...manifest, size: content.byteLength };
  if ((await listEvidence(local, subject, signal)).length === 0) return undefined;
  const recorded = new RecordingRepository(local);
  const verdict = await stageOver(() => recorded)
    .verify(request, signal)
    .catch(() => undefined);
  signal.throwIfAborted();
  if (verdict?.kind !== 'accepted') return undefined;
  const isAsGood = endOf(verdict) >= endOf(found) && verdict.warnings.length <= found.warnings.length;
  return isAsGood ? { verdict, recorded } : undefined;
}

function endOf({ validUntil }: AcceptedVerdict): number {
  return validUntil ?? Number.POSITIVE_INFINITY;
}

function aged(
  { rootSince, now }: Pick<StandingPorts, 'rootSince' | 'now'>,
  { source, desired }: Pick<StandingRequest, 'source' | 'desired'>,
  verdict: Verdict,
): Verdict {
  const roots = rootsOf(source, desired).flatMap((name) => {
    const since = rootSince(name);
    return since === undefined ? [] : [{ name, since }];
  });
  return withRootAge(verdict, roots, now());
}

/** Judges what is in force again by what the local layout holds, and where that does not suffice, by the registry. */
export function createStandingStage(ports: StandingPorts): StandingStage {
  const judge = new StandingJudge(ports);
  return {
    basis: (source, desired) => verdictBasis(source, desired, ports.rootId),
    judge: (request, signal) => judge.judge(request, signal),
  };
}

type RefusedVerdict = Extract<Verdict, { readonly kind: 'refused' }>;

class StandingJudge {
  readonly #ports: StandingPorts;
  readonly #cache = new VerdictCache();
  readonly #byRegistry: VerifyStage;

  constructor(ports: StandingPorts) {
    this.#ports = ports;
    this.#byRegistry = createKeepingVerifyStage(ports);
  }

  async judge(request: StandingRequest, signal: AbortSignal): Promise<Verdict> {
    const { source, desired, revision } = request;
    const denied = refuseDenied(source, desired, revisionDigest(revision));
    if (denied !== undefined) return denied;
    const kept = await this.#byWhatIsKept(request, signal).catch(unlessFault(signal));
    if (kept !== undefined && kept.kind !== 'refused') return aged(this.#ports, request, kept);
    try {
      return await this.#byWhatIsThere(request, signal);
    } catch (thrown) {
      if (kept !== undefined && isConclusive(kept, thrown)) return kept;
      throw thrown;
    }
  }

  async #byWhatIsKept(request: StandingRequest, signal: AbortSignal): Promise<Verdict> {
    const { source, desired } = request;
    const local = this.#ports.openLocal(source);
    const resolved = await onLocal(source, () => resolveInForce(local, request, signal));
    const { mediaType, digest } = resolved.manifest;
    const subject: Descriptor = { mediaType, digest, size: resolved.content.byteLength };
    const evidence = await onLocal(source, () => listEvidence(local, subject, signal));
    const input = { subject, evidence, basis: verdictBasis(source, desired, this.#ports.rootId) };
    const now = this.#ports.now();
    const known = this.#cache.find(input, now);
    if (known !== undefined) return known;
    const verdict = await this.#ports.stageOver(() => local).verify({ source, desired, resolved }, signal);
    // A trusted root may have been exchanged meanwhile: by which of the two this was judged, nobody knows.
    const isSteady = verdictBasis(source, desired, this.#ports.rootId) === input.basis;
    if (verdict.kind === 'accepted' && isSteady) this.#cache.keep(input, verdict, now);
    return verdict;
  }

  async #byWhatIsThere(request: StandingRequest, signal: AbortSignal): Promise<Verdict> {
    const { source, desired } = request;
    const resolved = await inRegistry(source, async () =>
      resolveInForce(await this.#ports.openRepository(source, desired), request, signal),
    );
    return this.#byRegistry.verify({ source, desired, resolved }, signal);
  }
}

/** Of whom no second place knows more: a policy or key that cannot be read is a fault everywhere. */
function unlessFault(signal: AbortSignal): (thrown: unknown) => undefined {
  return (thrown) => {
    signal.throwIfAborted();
    const fault = asRegistryError(thrown, 'local layout');
    if (!['registry', 'artifact', 'disk'].includes(fault.origin)) throw fault;
    return undefined;
  };
}

/**
 * Whether a refusal by what is kept stands although the registry could not be asked for more: not while evidence is missing that may be there.
 * A registry that has the artifact no more has no evidence of it either.
 */
function isConclusive({ refusals }: RefusedVerdict, thrown: unknown): boolean {
  if (asRegistryError(thrown, '').code === 'REFERENCE_NOT_FOUND') return true;
  return !refusals.every(({ code }) => code.endsWith('_MISSING'));
}

function evidenceOf({ signers }: AcceptedVerdict): ReadonlySet<string> {
  return new Set(signers.map(({ evidence }) => evidence));
}

async function resolveInForce(
  repository: ReadStore,
  { revision }: StandingRequest,
  signal: AbortSignal,
): Promise<ResolvedRevision> {
  const resolution = await repository.resolve(revisionDigest(revision), { signal });
  if (resolution.kind === 'unchanged')
    throw new OciError('protocol', revision, 'expected content, got "unchanged"');
  return { revision, manifest: resolution.descriptor, content: resolution.content };
}

function inRegistry<T>({ spec }: OciRepository, read: () => Promise<T>): Promise<T> {
  return read().catch((thrown: unknown) => {
    throw asRegistryError(thrown, spec.url);
  });
}

function onLocal<T>({ metadata }: OciRepository, read: () => Promise<T>): Promise<T> {
  return read().catch((thrown: unknown) => {
    throw asRegistryError(thrown, `evidence kept of ${sourceText(metadata)}`);
  });
}
