import {
  type DeliveryJournal,
  type DeliveryRecord,
  nameText,
  type ObjectName,
  type RevisionAttempt,
  type StateStore,
} from '../../api/index.ts';
import { afterFailed } from './journal.ts';

/** Agents that may die while they try a revision: a power cut or a full memory is bad luck once or twice. */
const maxDeaths = 3;

const identityOf = ({ candidate, generation, request }: RevisionAttempt): string =>
  JSON.stringify([candidate.layer.revision, generation, request]);

/**
 * How many agents died while they tried a revision: one that kills whoever applies it never comes to fail in any other way. An agent counts
 * itself when it takes a revision up, and out again when it ends in order; one that dies stays counted.
 */
export class Lives {
  readonly #state: StateStore;
  /** What this agent tries, or has tried, by delivery. */
  readonly #tries = new Map<string, string>();

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** The journal with this agent in it; or, where too many have died, with the way back, if there is one. To be on disk before anything is done. */
  takeUp(delivery: ObjectName, journal: DeliveryJournal): DeliveryJournal {
    const { attempt } = journal;
    if (attempt?.stage !== 'trying' || this.#tries.get(nameText(delivery)) === identityOf(attempt))
      return journal;
    const { lives = 0, candidate } = attempt;
    const why = `${lives} agents ended without a word while they tried it`;
    const failed = lives < maxDeaths ? journal : afterFailed(journal, candidate.layer.revision, why);
    if (failed !== journal) return failed;
    this.#tries.set(nameText(delivery), identityOf(attempt));
    return { ...journal, attempt: { ...attempt, lives: lives + 1 } };
  }

  /** A try that ended in order, for now: whoever dies before the next one did not die of it. To be on disk with its end. */
  release(record: DeliveryRecord): DeliveryRecord {
    const { journal: { attempt, ...journal } = {} } = record;
    if (attempt?.stage !== 'trying' || this.#tries.get(nameText(record)) !== identityOf(attempt))
      return record;
    this.#tries.delete(nameText(record));
    const lives = Math.max(0, (attempt.lives ?? 0) - 1);
    return { ...record, journal: { ...journal, attempt: { ...attempt, lives } } };
  }

  /** The agent ends in order: what it tries does not speak against that. @throws SealiftError DISK_FAILED. */
  end(): void {
    const { deliveries } = this.#state;
    for (const record of deliveries.all()) {
      const released = this.release(record);
      if (released !== record) deliveries.save(released);
    }
  }
}
