import type { VerificationPolicy } from '../../api/index.ts';

/** How many authorities of a policy have to have signed; 0 where it asks nobody to. */
export function thresholdOf({ authorities, require }: VerificationPolicy['spec']): number {
  if (typeof require === 'object') return require.atLeast;
  switch (require) {
    case 'all':
      return authorities.length;
    case 'any':
      return 1;
    case 'none':
      return 0;
  }
}
