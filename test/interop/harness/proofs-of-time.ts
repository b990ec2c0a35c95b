import type { Services } from '../../fixtures/private-sigstore.ts';

// What a signature without a key may carry, what may be asked of it, and what the right answers are.

/** What both programs are asked for beside the identity. */
export interface TimeQuestion {
  readonly title: string;
  /** Flags of `cosign verify`. */
  readonly flags: readonly string[];
  /** Of an authority of a policy. */
  readonly asks: { readonly logs?: number; readonly timestamps?: number };
}

export const aLog: TimeQuestion = { title: 'a log', flags: [], asks: {} };
const both: TimeQuestion = {
  title: 'a log and a timestamp',
  flags: ['--use-signed-timestamps'],
  asks: { logs: 1, timestamps: 1 },
};
const aTimestamp: TimeQuestion = {
  title: 'a timestamp',
  flags: ['--use-signed-timestamps', '--insecure-ignore-tlog'],
  asks: { logs: 0, timestamps: 1 },
};
const eitherProof: TimeQuestion = {
  title: 'either',
  flags: ['--insecure-ignore-tlog'],
  asks: { logs: 0, timestamps: 0 },
};
export const timeQuestions = [aLog, both, aTimestamp, eitherProof] as const;

/** What a signature was given when it was made. */
export interface TimeEvidence {
  readonly title: string;
  readonly services: Services;
  /** The questions that it answers; all others it does not. */
  readonly answers: readonly TimeQuestion[];
  /** Those of the rest to which cosign 3.1.3 says yes. */
  readonly cosignAnswers?: Readonly<Record<Format, readonly TimeQuestion[]>>;
}

export type Format = 'bundle' | 'legacy';

const entry: TimeEvidence = {
  title: 'a log entry',
  services: { log: 1 },
  answers: [aLog, eitherProof],
  // Of legacy signatures it checks the timestamps that are there, and asks for none.
  cosignAnswers: { bundle: [], legacy: [both, aTimestamp] },
};
const entryAndTimestamp: TimeEvidence = {
  title: 'a log entry and a timestamp',
  services: { log: 1, timestamp: true },
  answers: timeQuestions,
};
const entryV2AndTimestamp: TimeEvidence = {
  title: 'an entry of Rekor v2 and a timestamp',
  services: { log: 2, timestamp: true },
  answers: timeQuestions,
};
const timestamp: TimeEvidence = {
  title: 'a timestamp',
  services: { timestamp: true },
  answers: [aTimestamp, eitherProof],
};
const certificateAlone: TimeEvidence = {
  title: 'nothing',
  services: {},
  answers: [],
  // It takes its own clock for the proof, while the certificate lasts.
  cosignAnswers: { bundle: [eitherProof], legacy: [aTimestamp, eitherProof] },
};

/** Everything that proves when a signature was made. */
export const proofsOfTime = [entry, entryAndTimestamp, entryV2AndTimestamp, timestamp] as const;

/** Legacy signatures have no room for what Rekor v2 gives. */
export const evidenceByFormat: readonly (readonly [Format, TimeEvidence])[] = [
  ...[...proofsOfTime, certificateAlone].map((evidence) => ['bundle', evidence] as const),
  ...[entry, entryAndTimestamp, timestamp, certificateAlone].map((evidence) => ['legacy', evidence] as const),
];
