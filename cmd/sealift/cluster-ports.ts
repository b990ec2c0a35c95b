import type { Traces } from '../../src/api/index.ts';
import type { Clock } from '../../src/core/index.ts';

/** What every cluster is opened with. */
export interface ClusterPorts {
  /** Of a server, by its address, and of another identity there. */
  readonly traces: (server: string) => Traces;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
