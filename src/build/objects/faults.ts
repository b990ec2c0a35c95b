import { asSealiftError, type ErrorCode, SealiftError } from '../../core/index.ts';

/** Faults that one message lists; the rest is counted. */
const maxListedFaults = 20;

/** What is wrong with a file or an object, and says nothing about the next one. */
const gathered = new Set<ErrorCode>([
  'YAML_MALFORMED',
  'OBJECT_INVALID',
  'OBJECT_ENCRYPTED',
  'OBJECT_DUPLICATE',
  'KUSTOMIZE_FAILED',
  'SUBSTITUTION_FAILED',
  'DECRYPTION_FAILED',
  'DECRYPTION_KEY_MISSING',
]);

interface Fault {
  readonly code: ErrorCode;
  readonly place: string;
  readonly detail: string;
}

/** Gathers what is wrong with a build, so that the operator reads all of it at once. */
export class Faults {
  readonly #faults: Fault[] = [];

  add(code: ErrorCode, place: string, detail: string): void {
    this.#faults.push({ code, place, detail });
  }

  /** Runs a step and keeps its error. Limits, disks and defects are no faults among others: they are thrown on. */
  collect<T>(place: string, step: () => T): T | undefined {
    try {
      return step();
    } catch (thrown) {
      this.#keep(thrown, place);
      return undefined;
    }
  }

  async collectAsync<T>(place: string, step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (thrown) {
      this.#keep(thrown, place);
      return undefined;
    }
  }

  #keep(thrown: unknown, place: string): void {
    const error = asSealiftError(thrown, place);
    if (!gathered.has(error.code)) throw error;
    this.add(error.code, error.subject, error.message.slice(error.subject.length + 2));
  }

  /** @throws SealiftError with the code of the first fault; `subject` is used when there are several. */
  throwIfAny(subject: string): void {
    const [first] = this.#faults;
    if (first === undefined) return;
    if (this.#faults.length === 1) throw new SealiftError(first.code, first.place, first.detail);
    const lines = this.#faults.slice(0, maxListedFaults).map(({ place, detail }) => `${place}: ${detail}`);
    const more = this.#faults.length - lines.length;
    if (more > 0) lines.push(`and ${more} more`);
    throw new SealiftError(first.code, subject, `${this.#faults.length} faults\n  ${lines.join('\n  ')}`);
  }
}
