import type { StateStore } from '../../api/index.ts';
import type { Clock, EventListener, Random, Target } from '../../core/index.ts';
import type { PlanListener } from '../deliveries/delivery-pipeline.ts';
import type { Housekeeping } from '../housekeeping/housekeeping.ts';
import type { PlaceOpener } from '../places/place-opener.ts';
import type { SourceStages } from '../sources/source-pipeline.ts';
import type { BuildStage } from '../stages/stages.ts';

/** What an agent is made of. */
export interface AgentParts {
  readonly stages: SourceStages & { readonly build: BuildStage };
  /** Of the site: where deliveries go that name no other place. */
  readonly target: Target;
  /** Opens other places. Absent: deliveries that name one are refused. */
  readonly places?: PlaceOpener;
  /** Acts for deliveries that name no account. Absent: the agent itself does. */
  readonly defaultServiceAccount?: string;
  /** False: a delivery takes from a source in its own namespace alone. Default true. */
  readonly crossNamespaceRefs?: boolean;
  readonly state: StateStore;
  /** Absent: what is not in force any more stays on the disk. */
  readonly housekeeping?: Housekeeping;
  readonly clock: Clock;
  readonly random: Random;
  /** Lets a configuration without any delivery take back everything; without it that is refused. */
  readonly withdrawAll: boolean;
  /** Gets every plan, before it is carried out. Must not throw. */
  readonly planned?: PlanListener;
  /** Gets every event, in order. Must not throw. */
  readonly listener: EventListener;
}
