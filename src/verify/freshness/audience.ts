import { freshnessAnnotations } from '../../api/index.ts';
import { quoted } from '../evidence/refused.ts';
import { parseNames } from './annotation.ts';
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
  const ofManifest = annotations[freshnessAnnotations.audience];
  const audienceOf = (signature: SignedStatement): string | undefined =>
    signature.annotations[freshnessAnnotations.audience] ?? ofManifest;
  const said = signatures.length === 0 ? [ofManifest] : signatures.map(audienceOf);
  const isForUs = ofManifest === undefined || isMeant(names, ofManifest);
  if (isForUs && said.some((audience) => isMeant(names, audience))) {
    return { kind: 'addressed', signatures: signatures.filter((one) => isMeant(names, audienceOf(one))) };
  }
  const got = [ofManifest, ...said].find((text) => text !== undefined);
  const detail = `expected ${freshnessAnnotations.audience} to name one of ${quoted(names.join(', '))}, got ${got === undefined ? 'none' : quoted(got)}`;
  return stale('REVISION_OTHER_AUDIENCE', detail);
}

function isMeant(names: readonly string[], audience: string | undefined): boolean {
  return audience !== undefined && parseNames(audience).some((name) => names.includes(name));
}
