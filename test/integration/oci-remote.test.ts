import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLayout, RemoteRepository, serveRegistry, Transport } from 'oci-client-ts';
import { describeStore } from '../../src/oci-client-ts/store-contract.ts';

describeStore('a registry', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'sealift-remote-'));
  const server = await serveRegistry({ layout: await openLayout(directory) });
  const transport = new Transport();
  const store = new RemoteRepository({ host: `127.0.0.1:${server.port}`, repository: 'team/app', transport });
  return {
    store,
    close: async () => {
      await transport.close();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
});
