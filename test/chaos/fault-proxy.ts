import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { drawFault, type FaultKind, FaultyDirection, type Passed } from './faults.ts';
import { SeededRandom } from './random.ts';

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  /** What has happened to connections so far. */
  readonly happened: FaultKind[];
}

/** Bytes that wait for others to change places with wait no longer than this. */
const holdMs = 20;

/** Stands before a server on loopback, and does to the bytes of each connection what the seed says. */
export async function faultProxy(port: number, seed: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const happened: FaultKind[] = [];
  let connections = 0;
  const server = createServer((client) => {
    const random = new SeededRandom(seed * 1000 + connections);
    const fault = drawFault(random, connections);
    connections += 1;
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) sockets.add(socket);
    const to = (direction: string) => new FaultyDirection(fault?.direction === direction ? fault : undefined);
    const note = (): void => void (fault && happened.push(fault.kind));
    join(client, upstream, to('to-server'), note);
    join(upstream, client, to('to-client'), note);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    happened,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(from: Socket, to: Socket, direction: FaultyDirection, note: () => void): void {
  const link = new OneWay(from, to, direction, note);
  from.on('data', (chunk: Buffer) => link.take(chunk));
  from.on('end', () => link.end());
  from.on('close', () => link.close());
  from.on('error', () => {});
}

class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: FaultyDirection;
  readonly #note: () => void;
  #isNoted = false;
  #isStalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, direction: FaultyDirection, note: () => void) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#note = note;
  }

  take(chunk: Buffer): void {
    if (this.#isStalled) return;
    clearTimeout(this.#timer);
    this.#send(this.#direction.pass(chunk));
    if (this.#direction.isHolding) {
      this.#timer = setTimeout(() => this.#send(this.#direction.flush()), holdMs);
    }
  }

  end(): void {
    if (!this.#isStalled) this.#to.end();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#to.destroy();
  }

  #send({ chunks, end }: Passed): void {
    if (this.#direction.isDone && !this.#isNoted) this.#note();
    this.#isNoted = this.#direction.isDone;
    for (const chunk of chunks) if (!this.#to.destroyed) this.#to.write(chunk);
    if (end === 'stall') this.#isStalled = true;
    else if (end !== undefined) leave(this.#from, this.#to, end);
  }
}

/** What was written goes out before a cut; a reset may overtake it. */
function leave(from: Socket, to: Socket, end: 'cut' | 'reset'): void {
  if (end === 'reset') to.resetAndDestroy();
  else to.end(() => to.destroy());
  from.removeAllListeners('data');
  from.resume();
}
