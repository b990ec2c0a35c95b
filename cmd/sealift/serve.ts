import { once } from 'node:events';
import type { Command } from 'commander';
import { isLoopback, openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { asRegistryError } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { stopSignal } from './stop-signal.ts';

/** The port that clients try on a registry of the same machine. */
const defaultAddress = '127.0.0.1:5000';

interface ServeOptions {
  readonly address: string;
  readonly readOnly?: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `HOST:PORT`; an IPv6 address stands in brackets. @throws SealiftError USAGE. */
function parseAddress(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new SealiftError(
    'USAGE',
    text.slice(0, 200),
    'expected HOST:PORT, such as 127.0.0.1:5000 or [::1]:5000',
  );
}

async function start(
  directory: string,
  { address, readOnly = false }: ServeOptions,
): Promise<RegistryServer> {
  const { host, port } = parseAddress(address);
  const layout = await openLayout(directory, { missing: readOnly ? 'refuse' : 'create' }).catch((thrown) => {
    throw asRegistryError(thrown, directory);
  });
  return serveRegistry({ layout, host, port, readOnly }).catch((cause: NodeJS.ErrnoException) => {
    throw new SealiftError('USAGE', address, `expected an address to listen on, got ${cause.code}`, {
      cause,
    });
  });
}

function tellWho({ address, readOnly }: ServeOptions): void {
  if (isLoopback(parseAddress(address).host)) return;
  const rights = readOnly === true ? 'read' : 'read and write';
  process.stderr.write(`warning: whoever reaches ${address} may ${rights}, over plain HTTP\n`);
}

async function serve(directory: string, options: ServeOptions): Promise<void> {
  const signal = stopSignal();
  const server = await start(directory, options);
  try {
    tellWho(options);
    process.stdout.write(`${server.url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('serve')
    .description('serve a directory as an OCI registry, until it is stopped')
    .argument('<directory>', 'OCI image layout; made when it is missing')
    .option('--address <host:port>', 'where to listen; port 0 takes a free one', defaultAddress)
    .option('--read-only', 'refuse pushes, tags and deletions')
    .action(serve);
}
