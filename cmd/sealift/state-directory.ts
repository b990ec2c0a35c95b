import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where state is kept without `--state-dir`: system-wide for root, in the user's state home for a user. */
export function defaultStateDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/sealift';
  const home = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(home, 'sealift');
}
