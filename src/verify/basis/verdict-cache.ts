import { createHash } from 'node:crypto';
import type { Descriptor } from 'oci-client-ts';
import type { Verdict } from '../../api/index.ts';

export type AcceptedVerdict = Extract<Verdict, { readonly kind: 'accepted' }>;

/** All that a verdict is a function of, but time. */
export interface VerdictInput {
  /** The manifest that was judged. */
  readonly subject: Descriptor;
  /** As `verdictBasis` gives it: policies, keys, trusted roots. */
  readonly basis: string;
  /** Digests of the manifests that hold the evidence at hand; their order says nothing. */
  readonly evidence: readonly string[];
}

interface Entry {
  readonly verdict: AcceptedVerdict;
  /** Milliseconds since the epoch. */
  readonly judgedAt: number;
}

/** About 1 KB each: a large site, twice over. */
const maxVerdicts = 4_096;

/**
 * Verdicts by what they are a function of. Only acceptances are kept: a refusal may be owed to evidence that could not be read. An entry
 * counts from the moment it was judged until what it counts on ends, and at no other time; so a clock that was set back finds nothing.
 */
export class VerdictCache {
  readonly #entries = new Map<string, Entry>();

  find(input: VerdictInput, now: number): AcceptedVerdict | undefined {
    const key = keyOf(input);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { verdict, judgedAt } = entry;
    if (now < judgedAt || now >= (verdict.validUntil ?? Number.POSITIVE_INFINITY)) return undefined;
    // The least recently used one goes first.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return verdict;
  }

  keep(input: VerdictInput, verdict: AcceptedVerdict, judgedAt: number): void {
    if (verdict.digest !== input.subject.digest) return;
    const key = keyOf(input);
    this.#entries.delete(key);
    this.#entries.set(key, { verdict, judgedAt });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxVerdicts) return;
      this.#entries.delete(oldest);
    }
  }
}

/** Lists and texts are told apart by JSON, so that no two inputs give one text. */
function keyOf({ subject: { digest, mediaType, size }, basis, evidence }: VerdictInput): string {
  const text = JSON.stringify([digest, mediaType, size, basis, [...evidence].sort()]);
  return createHash('sha256').update(text).digest('base64');
}
