import { freshnessAnnotations } from '../../api/index.ts';
import { quoted } from '../evidence/refused.ts';
import { annotationOf, parseNames } from './annotation.ts';
import { type JudgedRevision, type SignedStatement, type Stale, stale } from './rule.ts';

interface Addressed {
  readonly kind: 'addressed';
  /** Those that speak to this site: of what another site was promised, nothing counts here. */
  readonly signatures: readonly SignedStatement[];
}

/**
 * Which signatures speak to a site of these names. The manifest addresses all of its signatures that say nothing themselves. Without names
 * the site does not know whether it is meant, and nothing is left out.
 */
export function addressedTo(
  names: readonly string[] | undefined,
  { annotations, signatures }: JudgedRevision,
): Addressed | Stale {
  if (names === undefined) return { kind: 'addressed', signatures };
  const ofManifest = annotationOf(annotations, freshnessAnnotations.audience);
  const spoken = signatures.map((signature) => ({
    signature,
    audience: annotationOf(signature.annotations, freshnessAnnotations.audience) ?? ofManifest,
  }));
  const meant = spoken.filter(({ audience }) => isMeant(names, ofManifest) && isMeant(names, audience));
  const isSaid = meant.filter(({ audience }) => audience !== undefined);
  if (isSaid.length > 0) return { kind: 'addressed', signatures: isSaid.map(({ signature }) => signature) };
  const got = [ofManifest, ...spoken.map(({ audience }) => audience)].find((text) => text !== undefined);
  const detail = `expected ${freshnessAnnotations.audience} to name one of ${quoted(names.join(', '))}, got ${got === undefined ? 'none' : quoted(got)}`;
  return stale('REVISION_OTHER_AUDIENCE', detail);
}

function isMeant(names: readonly string[], audience: string | undefined): boolean {
  return audience === undefined || parseNames(audience).some((name) => names.includes(name));
}
