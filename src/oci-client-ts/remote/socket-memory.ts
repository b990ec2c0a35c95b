import type { OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';

/** Four times what Node reads at once by itself: fewer turns of the event loop. */
const readBytes = 256 * 1024;

/**
 * Less is copied. That the head of an answer, which undici keeps in pieces until it is complete, is more than this and comes in such pieces,
 * does not happen: undici refuses heads of 16 KiB.
 */
const minLentBytes = 16 * 1024;

/** One for each host; more are dropped, oldest first. */
const maxSessions = 100;

type Settings = NonNullable<Parameters<typeof buildConnector>[0]>;

/**
 * Connects as undici does, and reads into the same memory again and again: Node would take new memory for each 64 KiB, faster than it is
 * collected. So whatever undici hands on of a body is overwritten after the handler returned, and must be copied by it.
 */
export function frugalConnector(settings: Settings): buildConnector.connector {
  const sessions = new Map<string, Buffer>();
  return (target, done) => {
    const name = target.servername ?? target.hostname;
    const memory = new SocketMemory();
    const known = sessions.get(name);
    const session = known === undefined ? {} : { session: known };
    const connect = buildConnector({ ...settings, ...session, allowH2: true, onread: memory.onread });
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) memory.serve(socket);
      if (error === null && isTls(socket)) keepSession(socket, (fresh) => remember(sessions, name, fresh));
      done(...result);
    });
  };
}

/** Two buffers in turn: while undici has the one, the other is read into. Small ones at first: most connections only ever carry answers to polls. */
class SocketMemory {
  readonly onread: OnReadOpts;
  #current = Buffer.allocUnsafeSlow(minLentBytes);
  #other: Buffer<ArrayBuffer> | undefined;
  #socket: Socket | undefined;
  #early: Buffer[] = [];

  constructor() {
    this.onread = {
      buffer: () => this.#current,
      callback: (count, buffer) => this.#take(buffer.subarray(0, count)),
    };
  }

  serve(socket: Socket): void {
    this.#socket = socket;
    for (const chunk of this.#early) socket.push(chunk);
    this.#early = [];
  }

  /** What is still unread may be in the other buffer; then this one stays current, and what it holds is copied. */
  #take(chunk: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket === undefined) {
      this.#early.push(Buffer.from(chunk));
      return true;
    }
    if (chunk.byteLength < minLentBytes || socket.readableLength > 0) return socket.push(Buffer.from(chunk));
    const next = this.#other ?? Buffer.allocUnsafeSlow(readBytes);
    this.#other = this.#current.byteLength === readBytes ? this.#current : undefined;
    this.#current = next;
    return socket.push(chunk);
  }
}

function isTls(socket: Socket | TLSSocket): socket is TLSSocket {
  return 'getSession' in socket;
}

/** TLS 1.3 tells sessions after the handshake, older versions in it. */
function keepSession(socket: TLSSocket, keep: (session: Buffer) => void): void {
  socket.on('session', keep);
  const session = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  if (session !== undefined) keep(session);
}

function remember(sessions: Map<string, Buffer>, name: string, session: Buffer): void {
  const [oldest] = sessions.keys();
  if (sessions.size >= maxSessions && !sessions.has(name) && oldest !== undefined) sessions.delete(oldest);
  sessions.set(name, session);
}
