import type { SealiftError } from '../../core/index.ts';

/** How one run ended, for the schedule. */
export interface DeliveryEnd {
  /** Objects created, configured or deleted. */
  readonly changed: number;
  readonly failures: number;
  /** Objects stay that a neighbour takes over, or may take over: to be looked at again when that has happened. */
  readonly isHandingOver: boolean;
  /** In how many milliseconds an object that was left alone, or is deleted and not gone, is to be looked at again. */
  readonly lookAgainMs?: number | undefined;
  readonly error?: SealiftError;
  /** Inventory ids of objects that a run that failed may not have made: to be tried again when something changes in the place of one. */
  readonly lacking?: ReadonlySet<string>;
}
