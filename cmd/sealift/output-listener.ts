import { pino } from 'pino';
import type { EventListener } from '../../src/core/index.ts';
import { createLogListener, createTerminalListener } from '../../src/observe/index.ts';

/** How events are printed; `auto` depends on who reads. */
export type LogFormat = 'auto' | 'json' | 'text';

/** Lines for a person on a terminal, JSON for a machine everywhere else. */
export function outputListener(format: LogFormat): EventListener {
  const terminal = process.stdout.isTTY === true;
  if (format === 'json' || (format === 'auto' && !terminal)) {
    // Synchronous: the last line before an exit is the one that is looked for.
    const destination = pino.destination({ dest: 1, sync: true });
    const timestamp = (): string => `,"ts":"${new Date().toISOString()}"`;
    const formatters = { level: (level: string) => ({ level }) };
    return createLogListener(pino({ base: null, timestamp, formatters }, destination));
  }
  const color = terminal && process.env['NO_COLOR'] === undefined;
  return createTerminalListener((line) => process.stdout.write(line), { color });
}
