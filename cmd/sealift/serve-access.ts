import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { RegistryAuth, RegistryOptions, RegistryUser } from 'oci-client-ts';
import { asSealiftError, SealiftError } from '../../src/core/index.ts';

export interface AccessOptions {
  readonly userFile?: string;
  readonly tokenAuth?: boolean;
  readonly anonymousPull?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Certificate chains and lists of users take some kilobytes; what is larger, or no file (/dev/zero), is a mistake. */
const maxFileBytes = 256 * 1024;
/** Each is compared with at every request without a token. */
const maxUsers = 1_000;

/** What crypt, Apache and bcrypt make of a password: here it would be the password itself. */
const hashedPassword = /^(?:\$[0-9a-z]+\$|\{[A-Z0-9]+\})/i;

async function readSmallFile(path: string): Promise<string> {
  const found = await stat(path).catch((thrown) => {
    throw asSealiftError(thrown, path, 'USAGE');
  });
  if (!found.isFile() || found.size > maxFileBytes) {
    throw new SealiftError('USAGE', path, `expected a file of at most ${maxFileBytes} bytes`);
  }
  return readFile(path, 'utf8').catch((thrown) => {
    throw asSealiftError(thrown, path, 'USAGE');
  });
}

/** One `NAME:PASSWORD`; the name ends at the first colon. The error never repeats the line. */
function parseUser(line: string, place: string): RegistryUser {
  const colon = line.indexOf(':');
  const [name, password] = [line.slice(0, colon), line.slice(colon + 1)];
  if (colon < 1 || password === '') throw new SealiftError('USAGE', place, 'expected NAME:PASSWORD');
  if (hashedPassword.test(password)) {
    throw new SealiftError('USAGE', place, 'expected the password itself, got a hash of one');
  }
  return { name, password };
}

/**
 * Reads users, a line each; blank lines and lines that begin with `#` are passed over.
 * @throws SealiftError USAGE, naming the line and never what stands there.
 */
function parseUsers(text: string, file: string): readonly RegistryUser[] {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line, place: `${file}:${at + 1}` }));
  const wanted = lines.filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
  if (wanted.length === 0) throw new SealiftError('USAGE', file, 'expected at least one NAME:PASSWORD');
  if (wanted.length > maxUsers) {
    throw new SealiftError('USAGE', file, `expected at most ${maxUsers} users, got ${wanted.length}`);
  }
  const users = new Map<string, RegistryUser>();
  for (const { line, place } of wanted) {
    const user = parseUser(line, place);
    if (users.has(user.name)) throw new SealiftError('USAGE', place, 'expected a user only once');
    users.set(user.name, user);
  }
  return [...users.values()];
}

async function readAuth({ userFile, tokenAuth, anonymousPull }: AccessOptions): Promise<RegistryAuth> {
  if (userFile === undefined) {
    throw new SealiftError(
      'USAGE',
      tokenAuth ? '--token-auth' : '--anonymous-pull',
      'expected --user-file, too',
    );
  }
  const users = parseUsers(await readSmallFile(userFile), userFile);
  return { kind: tokenAuth ? 'token' : 'basic', users, anonymousPull: anonymousPull === true };
}

async function readTls(certPath: string, keyPath: string): Promise<{ key: string; cert: string }> {
  const [cert, key] = [await readSmallFile(certPath), await readSmallFile(keyPath)];
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const subject = `${certPath}, ${keyPath}`;
    throw new SealiftError('USAGE', subject, 'expected a certificate chain and its private key in PEM', {
      cause,
    });
  }
  return { key, cert };
}

/** Users and TLS of the server, from files: secrets on a command line are there for everybody to see. @throws SealiftError USAGE. */
export async function readAccess(options: AccessOptions): Promise<Pick<RegistryOptions, 'auth' | 'tls'>> {
  const { userFile, tokenAuth, anonymousPull, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SealiftError('USAGE', tlsCert ?? tlsKey ?? '', 'expected --tls-cert and --tls-key together');
  }
  const isGuarded = userFile !== undefined || tokenAuth === true || anonymousPull === true;
  return {
    ...(isGuarded ? { auth: await readAuth(options) } : {}),
    ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: await readTls(tlsCert, tlsKey) }),
  };
}
