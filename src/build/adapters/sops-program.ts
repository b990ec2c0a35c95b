import { randomUUID } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import { sopsFiles } from '../decryption/sops-files.ts';
import type { SopsProgram, SopsRequest } from '../decryption/sops-program.ts';
import { cutShort } from '../programs/cut-short.ts';
import type { Exec, ExecOutcome } from '../programs/exec.ts';
import { makePrivateDirectory, removePrivateDirectory } from './private-directory.ts';

/** Characters of a reason that reach an error. */
const maxReasonLength = 300;

export interface SopsSettings {
  readonly exec: Exec;
  /** Where keys are written to while the program runs; best a file system in memory. */
  readonly privateDirectory: string;
  /** What the program needs of our environment to reach clouds: proxies and the identity of the machine. */
  readonly environment: Readonly<Record<string, string>>;
  find(): Promise<string | undefined>;
}

interface Home {
  readonly directory: string;
  /** The file to decrypt. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function fill(directory: string, { keys, text }: SopsRequest): Promise<Home> {
  const { files, environment } = sopsFiles(keys);
  const write = (name: string, content: string | Uint8Array): Promise<void> =>
    writeFile(join(directory, name), content, { mode: 0o600, flag: 'wx' });
  for (const [name, content] of files) await write(name, content);
  const file = `encrypted-${randomUUID()}`;
  await write(file, text);
  // Without it the program looks for a configuration in every directory above.
  await write('sops.yaml', '{}\n');
  const variables = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace(/^~/, directory),
  ]);
  return {
    directory,
    file: join(directory, file),
    environment: { ...Object.fromEntries(variables), SOPS_CONFIG: join(directory, 'sops.yaml') },
  };
}

async function openHome(privateDirectory: string, request: SopsRequest): Promise<Home> {
  const directory = await makePrivateDirectory(privateDirectory);
  try {
    await chmod(directory, 0o700);
    return await fill(directory, request);
  } catch (thrown) {
    await removePrivateDirectory(directory);
    throw thrown;
  }
}

/** What the key services answered; the rest of what the program says may quote values. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => /^\s+(?:- )?\|(.*)$/.exec(line)?.[1]?.trim() ?? '');
  const reason = lines.filter((line) => line !== '').join(' ');
  return reason === '' ? 'it gives no reason' : reason.slice(0, maxReasonLength);
}

function refusal(place: string, directory: string, stderr: string): SealiftError {
  if (/data key/i.test(stderr)) {
    const reason = reasonOf(stderr.replaceAll(directory, '.'));
    return new SealiftError(
      'DECRYPTION_KEY_MISSING',
      place,
      `sops opens its data key with none of the keys: ${reason}`,
    );
  }
  const detail = /MAC mismatch|integrity/i.test(stderr)
    ? 'its MAC does not match: values were changed, added or removed after it was encrypted'
    : 'the sops program could not decrypt it';
  return new SealiftError('DECRYPTION_FAILED', place, detail);
}

function outputOf(outcome: ExecOutcome, place: string, directory: string): Uint8Array {
  if (outcome.kind !== 'exited')
    throw new SealiftError('DECRYPTION_FAILED', place, cutShort('sops', outcome));
  if (outcome.code === 0) return outcome.stdout;
  throw refusal(place, directory, outcome.stderr);
}

async function run(
  { exec, environment, privateDirectory }: SopsSettings,
  program: string,
  request: SopsRequest,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { place, input, output, ignoreMac } = request;
  const home = await openHome(privateDirectory, request);
  const stores = ['--input-type', input, '--output-type', output];
  try {
    const outcome = await exec.run(
      {
        program,
        args: ['decrypt', ...stores, ...(ignoreMac ? ['--ignore-mac'] : []), home.file],
        directory: home.directory,
        home: home.directory,
        environment: { ...environment, ...home.environment },
      },
      signal,
    );
    return outputOf(outcome, place, home.directory);
  } finally {
    await removePrivateDirectory(home.directory);
  }
}

/** The real SOPS: keys in a private directory that is gone afterwards, an environment of its own, killed as a group. */
export function createSopsProgram(settings: SopsSettings): SopsProgram {
  return {
    exists: async () => (await settings.find()) !== undefined,
    decrypt: async (request, signal) => {
      const program = await settings.find();
      const { place } = request;
      if (program === undefined) {
        throw new SealiftError(
          'SOPS_NOT_FOUND',
          place,
          'expected the sops program to decrypt it, found none',
        );
      }
      try {
        return await run(settings, program, request, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw asSealiftError(thrown, place, 'DISK_FAILED');
      }
    },
  };
}
