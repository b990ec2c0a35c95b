import type { ReadStore } from 'oci-client-ts';
import type { DesiredState, OciRepository } from '../api/index.ts';

/** Opens the repository that a source polls, with the credentials its Secret holds. Does no I/O by itself. */
export type OpenRepository = (source: OciRepository, desired: DesiredState) => Promise<ReadStore>;
