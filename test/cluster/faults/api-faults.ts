import { SeededRandom } from '../../chaos/random.ts';

/** A fault happens before the server has the request, or once it has carried it out. */
type When = 'before' | 'after';

/** What happens to one request. */
export type ApiFault =
  | { readonly kind: 'cut'; readonly when: When | 'within' }
  | { readonly kind: 'stall'; readonly when: When; readonly ms: number }
  | { readonly kind: 'late'; readonly ms: number }
  | {
      readonly kind: 'answer';
      readonly when: When;
      readonly status: number;
      readonly reason: string;
      readonly retryAfter?: number;
    }
  /** Something else answers, which is no Kubernetes API. */
  | { readonly kind: 'foreign 404' };

/** What happens to one watch; milliseconds after its beginning. */
export type WatchFault =
  | { readonly kind: 'cut'; readonly afterMs: number }
  | { readonly kind: 'gone'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string };

const requestLikelihood = 0.35;
const watchLikelihood = 0.5;

const answers: readonly Omit<ApiFault & { kind: 'answer' }, 'when' | 'kind'>[] = [
  { status: 409, reason: 'Conflict' },
  { status: 429, reason: 'TooManyRequests', retryAfter: 1 },
  { status: 500, reason: 'InternalError' },
  { status: 503, reason: 'ServiceUnavailable' },
  { status: 504, reason: 'Timeout' },
];

/** The same request of the same seed always meets the same, in whatever order requests come. */
export function drawApiFault(seed: number, request: string): ApiFault | undefined {
  const random = new SeededRandom(mixed(seed, request));
  if (random.next() >= requestLikelihood) return undefined;
  const when = random.pick(['before', 'after'] as const);
  switch (random.below(6)) {
    case 0:
      return { kind: 'cut', when: random.pick(['before', 'after', 'within'] as const) };
    case 1:
      return { kind: 'stall', when, ms: 200 + random.below(2_000) };
    case 2:
      return { kind: 'late', ms: random.below(500) };
    case 3:
      return { kind: 'foreign 404' };
    default:
      return answerFault(random, when);
  }
}

/** Of an error that says that it was refused nothing was carried out. */
function answerFault(random: SeededRandom, when: When): ApiFault {
  const answer = random.pick(answers);
  const mayBeDone = answer.status === 500 || answer.status === 504;
  return { kind: 'answer', when: mayBeDone ? when : 'before', ...answer };
}

export function drawWatchFault(seed: number, request: string): WatchFault | undefined {
  const random = new SeededRandom(mixed(seed, request));
  if (random.next() >= watchLikelihood) return undefined;
  const afterMs = random.below(3_000);
  switch (random.below(4)) {
    case 0:
      return { kind: 'cut', afterMs };
    case 1:
      return { kind: 'gone', afterMs };
    case 2:
      return { kind: 'refused', status: 410, reason: 'Expired' };
    default:
      return { kind: 'refused', ...random.pick(answers) };
  }
}

/** FNV-1a: https://datatracker.ietf.org/doc/html/rfc9923 */
function mixed(seed: number, text: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
