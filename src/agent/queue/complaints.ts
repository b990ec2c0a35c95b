import type { ErrorCode, EventBody, SealiftError } from '../../core/index.ts';
import { retryDelay } from './schedule.ts';

interface ComplaintDeps {
  readonly tell: (event: EventBody) => void;
  /** Milliseconds after which what broke is tried again at the latest. */
  readonly maxDelayMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What broke outside the stages (a watch, a full disk) and has not worked since, by a name of the work. */
export class Complaints {
  readonly #deps: ComplaintDeps;
  readonly #broken = new Map<string, { readonly code: ErrorCode; readonly failures: number }>();

  constructor(deps: ComplaintDeps) {
    this.#deps = deps;
  }

  /** Tells what broke, once until it is another fault; says in how many milliseconds to try again. */
  add(key: string, { code, message }: SealiftError): number {
    const { tell, maxDelayMs, random } = this.#deps;
    const before = this.#broken.get(key);
    const failures = (before?.failures ?? 0) + 1;
    this.#broken.set(key, { code, failures });
    if (before?.code !== code) tell({ kind: 'failed', stage: 'site', code, message });
    return retryDelay(failures, maxDelayMs, random());
  }

  /** It works again. */
  end(key: string): void {
    this.#broken.delete(key);
  }
}
