import type { Method } from './exchange.ts';
import { judgeHop } from './hop.ts';

export interface RedirectStep {
  readonly method: Method;
  readonly status: number;
  readonly from: URL;
  readonly location: string | undefined;
  /** Redirects followed so far. */
  readonly hops: number;
  /** Content checked by digest may come from storage elsewhere; manifests, tags and referrers come from the registry alone. */
  readonly foreign: 'follow' | 'refuse';
}

export type RedirectVerdict =
  | { readonly kind: 'final' }
  | { readonly kind: 'follow'; readonly url: URL; readonly foreign: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/** Registries use one hop to their storage, seldom two; more is a loop. */
export const maxRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether an answer of this status sends the client elsewhere. */
export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

export function judgeRedirect(step: RedirectStep): RedirectVerdict {
  if (!isRedirect(step.status)) return { kind: 'final' };
  if (step.method !== 'GET' && step.method !== 'HEAD')
    return { kind: 'refused', reason: `it answers a ${step.method}` };
  if (step.hops >= maxRedirects)
    return { kind: 'refused', reason: `it would be number ${step.hops + 1}, limit ${maxRedirects}` };
  const hop = judgeHop(step.from, step.location);
  if (hop.kind === 'refused') return { kind: 'refused', reason: `it names ${hop.reason}` };
  if (hop.kind === 'foreign' && step.foreign === 'refuse') {
    return { kind: 'refused', reason: `it leads to another host, ${hop.url.host}` };
  }
  return { kind: 'follow', url: hop.url, foreign: hop.kind === 'foreign' };
}
