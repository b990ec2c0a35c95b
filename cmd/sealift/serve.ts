import { once } from 'node:events';
import type { Command } from 'commander';
import {
  isLoopback,
  openLayout,
  type RegistryOptions,
  type RegistryServer,
  type RequestRecord,
  serveRegistry,
} from 'oci-client-ts';
import { asRegistryError } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { printable } from '../../src/observe/index.ts';
import { parseGivenReference } from './given-reference.ts';
import { type AccessOptions, readAccess } from './serve-access.ts';
import { stopSignal } from './stop-signal.ts';

/** The port that clients try on a registry of the same machine. */
const defaultAddress = '127.0.0.1:5000';

interface ServeOptions extends AccessOptions {
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

/** The directory of a layout, given as a path or as a reference. @throws SealiftError USAGE. */
function layoutDirectory(text: string): string {
  if (!/^oci(-layout|-archive)?:/.test(text)) return text;
  const reference = parseGivenReference(text);
  const isWhole =
    reference.kind === 'layout' && reference.tag === undefined && reference.digest === undefined;
  if (isWhole) return reference.directory;
  throw new SealiftError('USAGE', text, 'expected the directory of an image layout, or oci-layout:DIRECTORY');
}

const clientLeft: ReadonlySet<string> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

/** Clients are only told that something failed; what it was, a full disk or a rotten file, is for the operator. */
function tellFailure({ method, path, status, error }: RequestRecord): void {
  if (error === undefined || clientLeft.has((error as NodeJS.ErrnoException).code ?? '')) return;
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${printable(`${method} ${path} ${status}: ${reason}`)}\n`);
}

/** What the system says to an address that nobody can listen on. */
const refusals: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: end it, or choose another port',
  EACCES: 'expected a port that this user may listen on, as those above 1023',
};

type Access = Pick<RegistryOptions, 'auth' | 'tls'>;

async function start(
  layoutPath: string,
  { address, readOnly = false }: ServeOptions,
  access: Access,
): Promise<RegistryServer> {
  const { host, port } = parseAddress(address);
  const directory = layoutDirectory(layoutPath);
  const layout = await openLayout(directory, { missing: readOnly ? 'refuse' : 'create' }).catch((thrown) => {
    throw asRegistryError(thrown, directory);
  });
  return serveRegistry({ layout, host, port, readOnly, log: tellFailure, ...access }).catch(
    (cause: NodeJS.ErrnoException) => {
      const code = String(cause.code);
      const why = refusals[code] ?? 'expected an address of this host';
      throw new SealiftError('USAGE', `--address ${address}`, `${why} (${code})`, { cause });
    },
  );
}

/** What an operator may not have meant, away from loopback. */
function warning({ address, readOnly }: ServeOptions, { auth, tls }: Access): string | undefined {
  if (isLoopback(parseAddress(address).host)) return undefined;
  const over = tls === undefined ? ', over plain HTTP' : '';
  if (auth === undefined) {
    return `whoever reaches ${address} may ${readOnly === true ? 'read' : 'read and write'}${over}`;
  }
  return tls === undefined ? `passwords of ${address} cross the network as they are: plain HTTP` : undefined;
}

async function serve(directory: string, options: ServeOptions): Promise<void> {
  const signal = stopSignal();
  const access = await readAccess(options);
  const server = await start(directory, options, access);
  try {
    const told = warning(options, access);
    if (told !== undefined) process.stderr.write(`warning: ${told}\n`);
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
    .option('--user-file <file>', 'let in only who is listed there, a line NAME:PASSWORD each')
    .option('--anonymous-pull', 'with users: let everybody read')
    .option('--token-auth', 'with users: passwords for short-lived tokens, not with every request')
    .option('--tls-cert <file>', 'speak HTTPS with this certificate chain, in PEM')
    .option('--tls-key <file>', 'its private key, in PEM')
    .action(serve);
}
