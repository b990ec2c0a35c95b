import { spawnSync } from 'node:child_process';
import { env, stderr } from 'node:process';
import { describe, it } from 'vitest';
import { findPeer } from '../../peers/find.ts';
import { type PeerName, systemPeers } from '../../peers/peer.ts';

/**
 * A `describe` for tests that need real programs. Where one is missing they are skipped with the reason in
 * sight; in CI with Go at hand it could have been built, so there its absence is a failure. What only a system's package manager brings
 * may be missing anywhere.
 */
export function describeWithPeers(title: string, names: readonly PeerName[], body: () => void): void {
  const missing = names.filter((name) => findPeer(name) === undefined);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const packaged = missing.filter((name) => systemPeers.some((peer) => peer === name));
  const built = missing.filter((name) => !packaged.includes(name));
  const ways = [
    ...(built.length === 0 ? [] : [`\`npm run peers -- ${built.join(' ')}\``]),
    ...(packaged.length === 0 ? [] : [`\`apt-get install ${packaged.join(' ')}\``]),
  ];
  const reason = `no ${missing.join(', no ')}: run ${ways.join(' and ')}`;
  if (env.CI && built.length > 0 && hasGo()) {
    describe(title, () => {
      it('has the real programs it needs', () => {
        throw new Error(reason);
      });
    });
    return;
  }
  stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(`${title} (${reason})`, body);
}

function hasGo(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}
