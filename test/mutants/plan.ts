/** What one run of the tests is told, as JSON in the file that `SEALIFT_MUTANT_PLAN` names. */
export interface Plan {
  /** Test files, in this order; all where there are none. */
  readonly files?: readonly string[];
  /** The number of the mutant that is awake all the time. */
  readonly awake?: number;
  /** Mutants that wake in turn, by the ids of the tests that come by them. Other tests are left out. */
  readonly turns?: Readonly<Record<string, readonly number[]>>;
  /** File for lines of `Told`. */
  readonly told: string;
}

/** What a run tells while it goes on, a line of JSON each. */
export type Told =
  /** Without a mutant: what one test file comes by. */
  | { readonly kind: 'seen'; readonly seen: Seen }
  /** What follows is the work of this one. */
  | { readonly kind: 'awake'; readonly mutant: number }
  /** `unclear`: the test stayed red when the mutant was asleep again. */
  | { readonly kind: 'red' | 'unclear'; readonly mutant: number }
  | { readonly kind: 'done'; readonly file: string };

export interface Seen {
  readonly file: string;
  /** Outside of any test: while it was loaded, and what was done for all its tests. */
  readonly outside: readonly number[];
  readonly tests: readonly {
    readonly id: string;
    readonly ms: number;
    readonly mutants: readonly number[];
  }[];
}
