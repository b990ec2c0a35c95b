import { departing } from './departing.ts';
import { fight } from './fight.ts';
import type { Filter } from './filter.ts';
import { foreignObject } from './foreign-object.ts';
import { labelsRemoved } from './labels-removed.ts';
import { movesToOther } from './moves-to-other.ts';
import { ownedByOther } from './owned-by-other.ts';
import { pruneDisabled } from './prune-disabled.ts';
import { pruneOff } from './prune-off.ts';
import { reconcileDisabled } from './reconcile-disabled.ts';
import { ssaIfNotPresent } from './ssa-if-not-present.ts';
import { ssaIgnore } from './ssa-ignore.ts';
import { stillUsed } from './still-used.ts';
import { unserved } from './unserved.ts';

/**
 * Every reason not to touch an object. Order matters: the first that holds is the one the operator reads, and what asks
 * for restraint comes before what calls it a conflict.
 */
export const filters: readonly Filter[] = [
  unserved,
  reconcileDisabled,
  ssaIgnore,
  ssaIfNotPresent,
  ownedByOther,
  foreignObject,
  labelsRemoved,
  pruneDisabled,
  pruneOff,
  departing,
  movesToOther,
  stillUsed,
  fight,
];
