import { X509Certificate } from 'node:crypto';
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import type { Authority } from '../proof/authority.ts';
import type { Proof } from '../proof/proof.ts';

/**
 * From when on a proof may not be one any more, in milliseconds since the epoch: what has no proven time was judged at now, and the window
 * of its key, its certificate or its log closes. `undefined` where time changes nothing. Rather too early than too late.
 */
export function validUntil(
  authority: Authority,
  { material }: UnverifiedClaim,
  { keyId, times, logsUntil }: Proof,
): number | undefined {
  return times.length > 0 ? undefined : earliest([logsUntil, endOfSigner(authority, material, keyId)]);
}

function endOfSigner(
  authority: Authority,
  material: UnverifiedClaim['material'],
  keyId: string,
): number | undefined {
  switch (authority.kind) {
    case 'key':
      return earliest(authority.keys.map(({ key, notAfter }) => (key.id === keyId ? notAfter : undefined)));
    case 'certificate': {
      const leaf = material.kind === 'certificate' ? [material.leaf] : [];
      return earliest([...leaf, ...authority.roots, ...authority.intermediates].map(endOf));
    }
    case 'keyless':
      return undefined;
  }
}

/** A window includes its last moment, to the second. */
function endOf(certificate: Uint8Array): number {
  return Date.parse(new X509Certificate(certificate).validTo) + 1000;
}

export function earliest(moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
