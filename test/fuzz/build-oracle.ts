import { spawnSync } from 'node:child_process';
import { findPeer } from '../peers/find.ts';

/** A tree to build (its root holds a kustomization), or an expression to evaluate. */
export interface OracleQuestion {
  readonly files?: Readonly<Record<string, string>>;
  /** `spec` of a Flux Kustomization whose `postBuild` is applied. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly strict?: boolean;
}

/** What the code of kustomize and Flux makes of it. */
export interface OracleAnswer {
  /** JSON texts. */
  readonly objects?: readonly string[];
  readonly text?: Uint8Array;
  readonly error?: string;
}

interface Answered {
  readonly objects?: readonly string[];
  readonly text?: string;
  readonly error?: string;
}

const maxAnswerBytes = 512 * 1024 * 1024;

/** Asks all questions in one process; the answers are in their order. */
export function askOracle(questions: readonly OracleQuestion[]): readonly OracleAnswer[] {
  const program = findPeer('build-oracle');
  if (program === undefined) throw new Error('no build-oracle: run `npm run peers -- build-oracle`');
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const run = spawnSync(program, { input, maxBuffer: maxAnswerBytes, encoding: 'utf8', env: {} });
  if (run.status !== 0) throw new Error(`build-oracle: ${run.stderr.slice(0, 2000)}`, { cause: run.error });
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  if (lines.length !== questions.length) {
    throw new Error(`build-oracle: expected ${questions.length} answers, got ${lines.length}`);
  }
  return lines.map((line, index) => {
    const { text = '', error, objects = [] } = JSON.parse(line) as Answered;
    if (error !== undefined) return { error };
    return questions[index]?.text === undefined ? { objects } : { text: Buffer.from(text, 'base64') };
  });
}
