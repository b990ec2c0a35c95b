import { inventoryId, type Traces } from '../../../api/index.ts';
import { isKind, type KubernetesObject, type ObjectRef, type TrialVerdict } from '../../../core/index.ts';
import type { KubernetesClient } from '../client/client.ts';
import { besideOthers } from '../ignoring/beside-others.ts';
import { desiredHash } from '../knowledge/trace-of.ts';
import { appliedForm } from '../writing/applied-form.ts';
import { isSurelyValid } from './surely-valid.ts';
import { tryObject } from './try-object.ts';

interface TrialRequest {
  /** Where the server keeps it. */
  readonly ref: ObjectRef;
  readonly object: KubernetesObject;
  /** It is known that nothing is there. */
  readonly isNew: boolean;
  readonly recreate: boolean;
  /** JSON pointers to fields that are left to others. */
  readonly ignored: readonly string[];
}

/** A delivery that is refused is tried again and again; beyond so many of its objects the server is asked each time. */
const maxAccepted = 10_000;

/** Asks the server whether it would take an object, and asks nothing twice: what it has taken or accepted before is known. */
export class Trials {
  readonly #client: KubernetesClient;
  readonly #traces: Traces;
  /** What was accepted and is not written yet, by inventory id. */
  readonly #accepted = new Map<string, string>();

  constructor(client: KubernetesClient, traces: Traces) {
    this.#client = client;
    this.#traces = traces;
  }

  /** @throws SealiftError where `tryObject` does. */
  async verdictOn(
    { ref, object, isNew, recreate, ignored }: TrialRequest,
    signal: AbortSignal,
  ): Promise<TrialVerdict> {
    const form = appliedForm(object);
    if (isSurelyValid(form, isNew)) return { kind: 'accepted' };
    const id = inventoryId(ref);
    const hash = desiredHash({ desired: object, ignored });
    const known = `${recreate} ${hash}`;
    if (this.#traces.find(id)?.desired === hash || this.#accepted.get(id) === known)
      return { kind: 'accepted' };
    const live = isNew || ignored.length === 0 ? undefined : await this.#client.get(ref, signal);
    const asked = live === undefined ? form : besideOthers(form, live, ignored);
    const anew = recreate ? form : undefined;
    const verdict = await tryObject(this.#client, { object: asked, anew }, signal);
    if (verdict.kind === 'accepted' && this.#accepted.size < maxAccepted) this.#accepted.set(id, known);
    return verdict;
  }

  /** An object is about to be written: from then on its trace tells. A definition may bring another schema. */
  writing(ref: ObjectRef): void {
    if (isKind(ref, 'definition')) this.#accepted.clear();
    else this.#accepted.delete(inventoryId(ref));
  }
}
