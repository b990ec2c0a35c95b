import { copy, openLayout, RemoteRepository, Transport } from 'oci-client-ts';

/** Copies an image from a registry into a layout. Run as a child process, to be killed. */
const [host = '', directory = ''] = process.argv.slice(2);
const transport = new Transport();
const from = new RemoteRepository({ host, repository: 'team/app', transport });
await copy(from, (await openLayout(directory)).repository(), 'v1');
await transport.close();
process.stdout.write('copied\n');
