import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** A server on loopback that answers with bytes as they are, right or wrong, one answer for each connection. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** What the next requests are answered with, in their order; then the connection just ends. */
  script(answers: readonly Uint8Array[]): void;
  /** Heads of the requests since the last script, as text. */
  readonly heads: string[];
}

export async function rawServer(): Promise<RawServer> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  let left: Uint8Array[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    whenAsked(socket, (head) => {
      heads.push(head);
      socket.end(left.shift() ?? new Uint8Array());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heads,
    script: (answers) => {
      left = [...answers];
      heads.length = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls once, when a whole request has come, body and all. */
function whenAsked(socket: Socket, act: (head: string) => void): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = text.slice(0, end);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    socket.removeAllListeners('data');
    act(head);
  });
}
