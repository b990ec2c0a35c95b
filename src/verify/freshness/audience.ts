import { freshnessAnnotations } from '../../api/index.ts';
import { quoted } from '../evidence/refused.ts';
import { isAgreed } from './agreement.ts';
import { parseNames } from './annotation.ts';
import { type CountedSignature, type JudgedRevision, type Stale, stale } from './rule.ts';

interface Addressed {
  readonly kind: 'addressed';
  /** Those that speak to this site: of what another site was promised, nothing counts here. */
  readonly signatures: readonly CountedSignature[];
}

/**
 * Which signatures speak to a site of these names: as many authorities as have to sign have to mean it. The manifest addresses all of its
 * signatures that say nothing themselves. Without names the site does not know whether it is meant, and nothing is left out.
 */
export function addressedTo(
  names: readonly string[] | undefined,
  { annotations, signatures, threshold }: JudgedRevision,
): Addressed | Stale {
  if (names === undefined) return { kind: 'addressed', signatures };
  const ofManifest = annotations[freshnessAnnotations.audience];
  const audienceOf = (signature: CountedSignature): string | undefined =>
    signature.annotations[freshnessAnnotations.audience] ?? ofManifest;
  const isForUs = isMeant(names, ofManifest);
  if (signatures.length === 0 && isForUs) return { kind: 'addressed', signatures };
  const addressed = signatures.filter((one) => isMeant(names, audienceOf(one)));
  if ((isForUs || ofManifest === undefined) && isAgreed(addressed, threshold)) {
    return { kind: 'addressed', signatures: addressed };
  }
  const got = [ofManifest, ...signatures.map(audienceOf)].find((text) => text !== undefined);
  const by = threshold > 1 ? ` in signatures by ${threshold} authorities` : '';
  const detail = `expected ${freshnessAnnotations.audience} to name one of ${quoted(names.join(', '))}${by}, got ${got === undefined ? 'none' : quoted(got)}`;
  return stale('REVISION_OTHER_AUDIENCE', detail);
}

function isMeant(names: readonly string[], audience: string | undefined): boolean {
  return audience !== undefined && parseNames(audience).some((name) => names.includes(name));
}
