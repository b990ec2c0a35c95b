import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly host: string;
  /** Connections so far. */
  readonly connections: number;
  close(): void;
}

/** Passes connections on to `host:port`, and cuts the first ones once they have carried so many bytes towards the client. */
export async function cuttingProxy(target: string, cutAfterBytes: readonly number[]): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const limit = cutAfterBytes[connections] ?? Number.POSITIVE_INFINITY;
    connections += 1;
    let carried = 0;
    const upstream = connect(Number(target.split(':')[1]), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      carried += chunk.byteLength;
      if (carried < limit) client.write(chunk);
      else client.destroy();
    });
    upstream.on('close', () => client.end());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
