import type { ExecOutcome } from './exec.ts';

/** What became of a program that did not end by itself, for an error. */
export function cutShort(program: string, outcome: Exclude<ExecOutcome, { kind: 'exited' }>): string {
  switch (outcome.kind) {
    case 'too-slow':
      return `expected ${program} to end within ${outcome.limitMs} ms (--build-time-limit), it took longer`;
    case 'too-much-output':
      return `expected at most ${outcome.limitBytes} bytes from ${program} (--build-output-limit), got more`;
    case 'too-much-memory':
      return `expected ${program} to need at most ${outcome.limitBytes} bytes of memory (--build-memory-limit), it took more`;
    case 'crashed':
      return `${program} was ended by ${outcome.signal}`;
  }
}
