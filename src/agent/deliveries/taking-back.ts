import { deliverySubject } from '../../api/index.ts';
import type { EventBody, Subject } from '../../core/index.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import type { DeliveryPorts } from './delivery-pipeline.ts';
import type { DeliveryRun } from './delivery-run.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import { beyondReach, type Leaving, leftBehind, takeBack } from './take-back.ts';

interface TakingBackDeps {
  readonly ports: Omit<DeliveryPorts, 'target'>;
  readonly targets: DeliveryTargets;
  readonly neighbourhood: Neighbourhood;
  readonly emit: (subject: Subject, body: EventBody) => void;
}

/** Whose objects, and what of it goes. */
type Whose = Pick<Leaving, 'owner' | 'desired' | 'instead'>;

/** Takes back what runs find where it does not belong any more, place by place. */
export class TakingBack {
  readonly #deps: TakingBackDeps;

  constructor(deps: TakingBackDeps) {
    this.#deps = deps;
  }

  /** All that a delivery has, wherever it is. @throws StageFailure */
  async all(whose: Omit<Whose, 'instead'>, run: DeliveryRun, signal: AbortSignal): Promise<void> {
    const leaving = { ...whose, place: run.record.place ?? {}, entries: run.inventory };
    run.end(await takeBack(this.#taking(whose), leaving, run, signal));
    await this.former({ ...whose, prune: true }, run, signal);
  }

  /** What is still in places that the delivery has left; with `prune` off it stays there. @throws StageFailure */
  async former(
    { prune, ...whose }: Whose & { readonly prune: boolean },
    run: DeliveryRun,
    signal: AbortSignal,
  ): Promise<void> {
    const deps = this.#taking(whose);
    for (const former of run.former) {
      const where = former.place.kubeConfig?.server ?? 'the cluster of the site';
      if (!prune) {
        deps.tell(leftBehind(former, `${where}: spec.prune is false`));
        run.leave(former, { inventory: [], moving: 0 });
        continue;
      }
      const hooks = run.hooksOf(former);
      const outcome = await takeBack(deps, { ...whose, ...former }, hooks, signal).catch((thrown) => {
        throw beyondReach(thrown, where);
      });
      run.leave(former, outcome);
    }
  }

  #taking({ owner }: Whose): Parameters<typeof takeBack>[0] {
    const { ports, targets, neighbourhood, emit } = this.#deps;
    const tell = (event: EventBody): void => emit(deliverySubject(owner), event);
    return { ports, targets, neighbourhood, tell };
  }
}
