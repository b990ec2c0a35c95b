import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export interface Traffic {
  readonly connections: number;
  /** TCP payload in both directions. */
  readonly bytes: number;
}

export interface CountingProxy {
  readonly host: string;
  traffic(): Traffic;
  close(): void;
}

/** Passes connections on to `host:port` on loopback and counts what goes over them. */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const port = Number(target.split(':')[1]);
  let connections = 0;
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.byteLength;
  };
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(port, '127.0.0.1');
    client.on('data', count).on('error', () => upstream.destroy());
    upstream.on('data', count).on('error', () => client.destroy());
    client.setNoDelay().pipe(upstream.setNoDelay()).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${address.port}`,
    traffic: () => ({ connections, bytes }),
    close: () => server.close(),
  };
}
