import type { Floors, Verdict } from '../../api/index.ts';
import type { FreshnessOutcome, FreshnessStage, RevisionRequest } from '../stages/stages.ts';
import type { SiteTime } from './site-time.ts';

interface GateDeps {
  readonly stage: FreshnessStage;
  readonly floors: Floors;
  readonly time: SiteTime;
}

/** What an accepted revision passes before anything of it is fetched. Whatever it raises is on disk when it has passed. */
export class FreshnessGate {
  readonly #deps: GateDeps;

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /** Judges and remembers in one go: no other source of the repository comes between. @throws SealiftError DISK_FAILED, MANIFEST_INVALID. */
  pass(request: RevisionRequest, verdict: Exclude<Verdict, { readonly kind: 'refused' }>): FreshnessOutcome {
    const { stage, floors, time } = this.#deps;
    const judged = stage.judge({ ...request, verdict, floors, now: time.now() });
    if (judged.kind === 'stale') return judged;
    for (const { to } of judged.moves) floors.save(to);
    time.learn(judged.times);
    return judged;
  }
}
