import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which the kernel serves outgoing connections and port 0: a program that is down for a moment
 * finds its port free again.
 */
const LOWEST_PORT = 15_000;
const END_OF_PORTS = 32_000;

/** Random ports out of so many meet an occupied one rarely, and five times in a row never. */
const ATTEMPTS = 5;

/**
 * For programs that cannot listen on port 0. Somebody else may take the port before the program does: then, and only
 * then, it is started again on another.
 */
export async function startOnFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const occupied = error instanceof Error && error.message.includes('address already in use');
      if (!occupied || attempt === ATTEMPTS) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, END_OF_PORTS);
    if (await canListen(port)) return port;
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
