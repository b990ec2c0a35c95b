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

export const aLog: TimeQuestion = { title: 'a log', flags: [], asks: { logs: 1 } };
export const aLogAndATimestamp: TimeQuestion = {
  title: 'a log and a timestamp',
  flags: ['--use-signed-timestamps'],
  asks: { logs: 1, timestamps: 1 },
};
const aTimestamp: TimeQuestion = {
  title: 'a timestamp',
  flags: ['--use-signed-timestamps', '--insecure-ignore-tlog'],
  asks: { logs: 0, timestamps: 1 },
};
const nothingMore: TimeQuestion = {
  title: 'nothing more',
  flags: ['--insecure-ignore-tlog'],
  asks: { logs: 0, timestamps: 0 },
};
export const timeQuestions = [aLog, aLogAndATimestamp, aTimestamp, nothingMore] as const;

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
  answers: [aLog, nothingMore],
  // Of legacy signatures it checks the timestamps that are there, and asks for none.
  cosignAnswers: { bundle: [], legacy: [aLogAndATimestamp, aTimestamp] },
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
  answers: [aTimestamp, nothingMore],
};
const entryV2: TimeEvidence = {
  title: 'an entry of Rekor v2',
  services: { log: 2 },
  answers: [aLog, nothingMore],
};
const keyAlone: TimeEvidence = {
  title: 'nothing',
  services: {},
  answers: [nothingMore],
  cosignAnswers: { bundle: [], legacy: [aTimestamp] },
};
const certificateAlone: TimeEvidence = {
  title: 'nothing',
  services: {},
  answers: [],
  // It takes its own clock for the proof, while the certificate lasts.
  cosignAnswers: { bundle: [nothingMore], legacy: [aTimestamp, nothingMore] },
};

/** Everything that proves when a signature was made. */
export const proofsOfTime = [entry, entryAndTimestamp, entryV2AndTimestamp, timestamp] as const;

type Row = readonly [format: Format, title: string, evidence: TimeEvidence];

/** Legacy signatures have no room for what Rekor v2 gives. */
function byFormat(all: readonly TimeEvidence[]): readonly Row[] {
  const rows = (format: Format) => (evidence: TimeEvidence) => [format, evidence.title, evidence] as const;
  const legacy = all.filter(({ services }) => services.log !== 2);
  return [...all.map(rows('bundle')), ...legacy.map(rows('legacy'))];
}

export const evidenceOfIdentities = byFormat([...proofsOfTime, certificateAlone]);

/** A key proves itself: it needs no proof of time, and so none of these has to have one. */
export const evidenceOfKeys = byFormat([...proofsOfTime, entryV2, keyAlone]);
