import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { asSealiftError, SealiftError } from '../../src/core/index.ts';
import { generateKeyPair } from '../../src/verify/index.ts';

function refuseExisting(path: string, cause?: unknown): void {
  if (cause === undefined && !existsSync(path)) return;
  throw new SealiftError('USAGE', path, 'a file of that name is there already; keys are never overwritten', {
    cause,
  });
}

/** Writes a new file and never an old one. */
async function writeNew(path: string, content: string, mode: number): Promise<void> {
  try {
    const file = await open(path, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } catch (failure) {
      await rm(path, { force: true });
      throw failure;
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') refuseExisting(path, thrown);
    throw asSealiftError(thrown, path, 'DISK_FAILED');
  }
}

/** The password for private keys. An empty one is a choice that has to be made: COSIGN_PASSWORD="". */
export function keyPassword(): string {
  const password = process.env['COSIGN_PASSWORD'];
  if (password === undefined) {
    throw new SealiftError(
      'KEY_PASSWORD_WRONG',
      'COSIGN_PASSWORD',
      'not set; set it to the password of the private key, or to "" for none',
    );
  }
  return password;
}

/** Makes `<prefix>.key` and `<prefix>.pub`, which cosign reads too; both, or nothing. */
export async function writeKeyPair(prefix: string, password: string): Promise<void> {
  for (const path of [`${prefix}.key`, `${prefix}.pub`]) refuseExisting(path);
  const { privateKey, publicKey } = await generateKeyPair(password);
  await writeNew(`${prefix}.key`, privateKey, 0o600);
  try {
    await writeNew(`${prefix}.pub`, publicKey, 0o644);
  } catch (failure) {
    await rm(`${prefix}.key`);
    throw failure;
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('keygen')
    .description(
      'make a key pair to sign with (ECDSA P-256), as cosign generate-key-pair does; COSIGN_PASSWORD protects it',
    )
    .option('--output-key-prefix <prefix>', 'name of the files, without .key and .pub', 'cosign')
    .action(async ({ outputKeyPrefix: prefix }: { outputKeyPrefix: string }) => {
      await writeKeyPair(prefix, keyPassword());
      process.stdout.write(`private key written to ${prefix}.key\npublic key written to ${prefix}.pub\n`);
    });
}
