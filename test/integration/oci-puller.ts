// Pulls a blob twice, a part of it first, and prints what it added to the resident memory: HOST, and the descriptors as JSON.
import { type Descriptor, RemoteRepository, Transport } from 'oci-client-ts';

const [host = '', first = '', second = ''] = process.argv.slice(2);
const transport = new Transport();
const store = new RemoteRepository({ host, repository: 'team/app', transport });

async function pull(descriptor: Descriptor): Promise<void> {
  for await (const _ of store.fetch(descriptor, { lend: true }));
}

await pull(JSON.parse(first));
const idle = process.memoryUsage.rss();
await pull(JSON.parse(second));
const peak = process.resourceUsage().maxRSS * 1024;
await transport.close();
console.log(JSON.stringify({ addedMiB: (peak - idle) / 2 ** 20 }));
