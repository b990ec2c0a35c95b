import { SealiftError } from '../../core/index.ts';
import { cutShort } from '../programs/cut-short.ts';
import type { ExecOutcome } from '../programs/exec.ts';

/** Characters of kustomize's message that reach an error. */
const maxMessageLength = 500;

/** Lines of kustomize's warnings that are passed on. */
const maxWarnings = 20;

/** From here on kustomize quotes objects and patches, and they may hold secrets. */
const quotation = /map\[|\{\{|\[patch:|from \[|unable to parse SM or JSON patch|unmarshal|unknown anchor/;

/** What kustomize says of a generator's literals and env files quotes them. */
const quotedLine = /literal source|key name|env source/;

export interface KustomizeOutput {
  readonly stdout: Uint8Array;
  readonly messages: readonly string[];
}

function messageOf(stderr: string, root: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [line = ''] = lines.map((text) => text.replace(/^Error: /, ''));
  if (quotedLine.test(line)) return 'expected KEY=VALUE in every literal and env file of a generator';
  const [said = ''] = line.replaceAll(`${root}/`, '').replaceAll(root, '.').split(quotation);
  const message = said.trim().replace(/[:,]$/, '').slice(0, maxMessageLength);
  return message === '' ? 'kustomize could not read a patch or an object' : message;
}

function warningsOf(stderr: string): readonly string[] {
  const lines = stderr.split('\n').filter((line) => /^# warning/i.test(line));
  return lines.slice(0, maxWarnings).map((line) => `kustomize: ${line.slice(2, maxMessageLength)}`);
}

/**
 * What kustomize printed. `root` is the private directory, cut from messages.
 * @throws SealiftError KUSTOMIZE_FAILED with the first line of what it said, objects left out.
 */
export function readOutcome(outcome: ExecOutcome, file: string, root: string): KustomizeOutput {
  if (outcome.kind !== 'exited')
    throw new SealiftError('KUSTOMIZE_FAILED', file, cutShort('kustomize', outcome));
  if (outcome.code !== 0) {
    throw new SealiftError('KUSTOMIZE_FAILED', file, messageOf(outcome.stderr, root));
  }
  return { stdout: outcome.stdout, messages: warningsOf(outcome.stderr) };
}
