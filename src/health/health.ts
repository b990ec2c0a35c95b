import type { KubernetesObject } from '../core/index.ts';

/** https://github.com/kubernetes-sigs/cli-utils/blob/v0.38.1/pkg/kstatus/README.md#statuses */
export type HealthStatus = 'Current' | 'InProgress' | 'Failed' | 'Unknown' | 'NotFound' | 'Terminating';

/** How one object is doing. */
export interface Health {
  readonly status: HealthStatus;
  /** Why, in the words of its own conditions; names no object. */
  readonly message: string;
  /** Milliseconds since the epoch from which on the same object may be judged otherwise. Absent: only a change of it can do that. */
  readonly until?: number;
}

/** What an object says; `now` in milliseconds since the epoch, `pods` some of those that it runs. */
export type HealthRule = (
  object: KubernetesObject,
  now: number,
  pods?: readonly KubernetesObject[],
) => Health;

/** Controllers may write as much as they like; beyond this many characters nobody reads in a list of objects. */
const maxMessageLength = 512;

const stated =
  (status: HealthStatus) =>
  (message: string): Health => ({
    status,
    message: message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`,
  });

/** The same in other words. */
export function reworded({ status, ...rest }: Health, message: string): Health {
  return { ...rest, ...stated(status)(message) };
}

export const current: (message: string) => Health = stated('Current');
export const inProgress: (message: string) => Health = stated('InProgress');
export const failed: (message: string) => Health = stated('Failed');
export const unknown: (message: string) => Health = stated('Unknown');
export const terminating: (message: string) => Health = stated('Terminating');
