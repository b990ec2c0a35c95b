import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DecryptionSettings } from '../../src/build/index.ts';

/** What the agent needs to decrypt. */
export interface DecryptionOptions {
  readonly stateDirectory: string;
  /** Path of the sops binary; looked for on the search path without it. */
  readonly sops?: string;
  /** File with age identities for deliveries that name no Secret of their own. */
  readonly sopsAgeKeyFile?: string;
  /** The environment of the agent; nothing of it without. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** How sops reaches clouds and Vault, and who the machine is to them. None of them steers what sops decrypts or writes. */
const passedOn =
  /^(?:AWS|AZURE|GOOGLE|HUAWEICLOUD|VAULT)_[A-Z0-9_]+$|^(?:https?|no)_proxy$|^(?:HTTPS?|NO)_PROXY$|^SSL_CERT_(?:FILE|DIR)$/;

function passedEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(environment).filter(
    ([name, value]) => value !== undefined && passedOn.test(name),
  );
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}

/** Where keys stand while sops runs: in memory where the system offers a directory for that, and apart from those of other agents. */
export function keysDirectory({ stateDirectory, environment = {} }: DecryptionOptions): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  if (runtime === undefined || !runtime.startsWith('/')) return join(stateDirectory, 'builds');
  const name = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16);
  return join(runtime, `sealift-${name}`);
}

/** The settings of the build stage. */
export function decryptionSettings(options: DecryptionOptions): DecryptionSettings {
  const { sops, sopsAgeKeyFile, environment = {} } = options;
  return {
    privateDirectory: keysDirectory(options),
    environment: passedEnvironment(environment),
    ...(sops === undefined ? {} : { sops }),
    ...(sopsAgeKeyFile === undefined ? {} : { ageKeyFile: sopsAgeKeyFile }),
  };
}
