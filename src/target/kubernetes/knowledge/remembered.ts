import { inventoryId, type Traces } from '../../../api/index.ts';
import type { ObjectRef } from '../../../core/index.ts';
import type { Asked } from './asked.ts';
import type { Glimpse } from './glimpse.ts';
import { desiredHash, isIntact, isOfSameRules, traceOf } from './trace-of.ts';

/** What is remembered of the objects that were written, and what that tells without reading them. */
export class Remembered {
  readonly #traces: Traces;

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  has(id: string): boolean {
    return this.#traces.find(id) !== undefined;
  }

  /** Whether it is what is asked for; `undefined` when somebody changed what is ours, or when other fields were left to others. */
  matches(ref: ObjectRef, glimpse: Glimpse, asked: Asked): boolean | undefined {
    const trace = this.#traces.find(inventoryId(ref));
    const tells =
      trace !== undefined && isIntact(glimpse, trace, asked.desired) && isOfSameRules(trace, asked);
    return tells ? trace.desired === desiredHash(asked) : undefined;
  }

  /** Of what it does not tell, whether it may match all the same: what somebody else changed may be left to him. */
  mayMatch(ref: ObjectRef, asked: Asked): boolean {
    const trace = this.#traces.find(inventoryId(ref));
    if (trace === undefined || !isOfSameRules(trace, asked)) return true;
    return asked.ignored.length > 0 && trace.desired === desiredHash(asked);
  }

  /** This stands there now that `asked` was written, or found to be there. */
  save(ref: ObjectRef, asked: Asked, glimpse: Glimpse): void {
    const trace = traceOf(asked, glimpse);
    if (trace !== undefined) this.#traces.save(inventoryId(ref), trace);
  }

  forget(ref: ObjectRef): void {
    this.#traces.remove(inventoryId(ref));
  }
}
