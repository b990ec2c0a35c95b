import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { afterAll, afterEach } from 'vitest';

/** What this file tried so far. Kept, because code under test may swallow the error that it is given. */
const attempts: string[] = [];

function refuse(act: string): () => never {
  return () => {
    const message = `unit tests ${act} nothing: inject a fake, or move the test to test/integration`;
    attempts.push(message);
    throw new Error(message);
  };
}

function failOnAttempts(): void {
  const [first] = attempts.splice(0);
  if (first !== undefined) throw new Error(first);
}

// The prototypes stand below http, https, http2, tls, undici and the global fetch.
net.Socket.prototype.connect = refuse('connect to');
net.Server.prototype.listen = refuse('listen to');
dgram.Socket.prototype.bind = refuse('bind to');
dgram.Socket.prototype.send = refuse('send to');
Object.assign(childProcess.ChildProcess.prototype, { spawn: refuse('start') });
Object.assign(childProcess, {
  spawnSync: refuse('start'),
  execSync: refuse('start'),
  execFileSync: refuse('start'),
});
syncBuiltinESMExports();

afterEach(failOnAttempts);
afterAll(failOnAttempts);
