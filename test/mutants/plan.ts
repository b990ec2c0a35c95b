/** What one run of the tests is told, as JSON in the file that `SEALIFT_MUTANT_PLAN` names. */
export interface Plan {
  /** The number of the mutant that is awake; none where it is seen which test comes by which. */
  readonly awake?: number;
  /** Test files, in this order; all where there are none. */
  readonly files?: readonly string[];
  /** Tests by their id. The others of these files are left out, and none where this is missing. */
  readonly tests?: readonly string[];
  /** A folder for what is seen, a file for each test file. */
  readonly seen?: string;
}

/** What was seen of one test file: the mutants that its tests came by. */
export interface Seen {
  readonly file: string;
  /** Outside of any test: while it was loaded, and what was done for all its tests. */
  readonly outside: readonly number[];
  readonly outsideMs: number;
  readonly tests: readonly {
    readonly id: string;
    readonly ms: number;
    readonly mutants: readonly number[];
  }[];
}
