import type { KubernetesObject } from '../../../core/index.ts';

/** An object that is asked for, with the fields of it that are left to others: JSON pointers. */
export interface Asked {
  readonly desired: KubernetesObject;
  readonly ignored: readonly string[];
}
