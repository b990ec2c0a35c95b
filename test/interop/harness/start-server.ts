import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { PeerName } from '../../peers/peer.ts';
import type { LiveRegistry } from './live-registry.ts';
import { peerProgram, type Workshop } from './workshop.ts';

const START_LIMIT_MS = 20_000;

export interface ServerProgram {
  readonly name: PeerName;
  readonly args: readonly string[];
  /** Finds the address, or the port alone, in the line of the log that tells it. */
  readonly announcement: RegExp;
}

/** Starts a registry that listens on a port of the kernel's choice. */
export async function startServer(workshop: Workshop, program: ServerProgram): Promise<LiveRegistry> {
  const child = spawn(peerProgram(program.name), program.args, {
    env: workshop.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const address = await announcedAddress(child.stderr, program.announcement);
    return { host: address.includes(':') ? address : `127.0.0.1:${address}`, close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** The log is the one place where the registry tells the port it got; read on, so that its pipe never fills. */
async function announcedAddress(log: Readable, announcement: RegExp): Promise<string> {
  const seen: string[] = [];
  const lines = createInterface({ input: log });
  const timer = setTimeout(() => lines.close(), START_LIMIT_MS);
  try {
    for await (const line of lines) {
      seen.push(line);
      const address = announcement.exec(line)?.[1];
      if (address !== undefined) return address;
    }
  } finally {
    clearTimeout(timer);
    // Closing an interface pauses its input.
    lines.close();
    log.resume();
  }
  throw new Error(`registry: expected its address within ${START_LIMIT_MS} ms, got\n${seen.join('\n')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
