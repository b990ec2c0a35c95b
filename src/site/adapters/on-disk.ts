import { asSealiftError } from '../../core/index.ts';

/** Runs disk work; a full disk or a broken file comes out as DISK_FAILED. */
export function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  }
}
