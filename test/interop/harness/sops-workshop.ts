import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { findPeer } from '../../peers/find.ts';
import { type Outcome, runProgram, runToSuccess } from './program.ts';

export type Store = 'binary' | 'dotenv' | 'ini' | 'json' | 'yaml';

interface AgeIdentity {
  readonly key: string;
  readonly recipient: string;
}

async function identity(key: string): Promise<AgeIdentity> {
  return { key, recipient: await identityToRecipient(key) };
}

/** The real sops, in a folder with age identities. */
export class SopsWorkshop {
  readonly program = findPeer('sops') ?? '';
  readonly folder = mkdtempSync(join(tmpdir(), 'sealift-test-sops-'));
  readonly classic: AgeIdentity;
  readonly hybrid: AgeIdentity;
  readonly stranger: AgeIdentity;

  private constructor(classic: AgeIdentity, hybrid: AgeIdentity, stranger: AgeIdentity) {
    this.classic = classic;
    this.hybrid = hybrid;
    this.stranger = stranger;
    this.write('keys.txt', `${classic.key}\n${hybrid.key}\n`);
  }

  static async open(): Promise<SopsWorkshop> {
    const [classic, hybrid, stranger] = await Promise.all([
      identity(await generateX25519Identity()),
      identity(await generateHybridIdentity()),
      identity(await generateX25519Identity()),
    ]);
    return new SopsWorkshop(classic, hybrid, stranger);
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Encrypts by a creation rule; for the classic recipient where the rule names no key. */
  async encrypt(
    store: Store,
    content: string | Uint8Array,
    rule: Readonly<Record<string, unknown>> = {},
    variables: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const keyed = 'age' in rule || 'pgp' in rule || 'key_groups' in rule || 'hc_vault_transit_uri' in rule;
    const creation = { ...(keyed ? {} : { age: this.classic.recipient }), ...rule };
    const config = this.write(`rules-${randomUUID()}.yaml`, JSON.stringify({ creation_rules: [creation] }));
    const file = this.write(`plain-${randomUUID()}`, content);
    const stores = ['--input-type', store, '--output-type', store];
    const args = ['--config', config, 'encrypt', ...stores, file];
    return (await runToSuccess(this.program, args, { env: { ...this.#env(), ...variables } })).stdout;
  }

  /** What the real program makes of an encrypted file; any exit code is an answer. */
  decrypt(store: Store, encrypted: string): Promise<Outcome> {
    const file = this.write(`encrypted-${randomUUID()}`, encrypted);
    const stores = ['--input-type', store, '--output-type', store];
    return runProgram(this.program, ['decrypt', ...stores, file], { env: this.#env() });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #env(): Readonly<Record<string, string>> {
    const config = this.write('none.yaml', '{}\n');
    return {
      HOME: this.folder,
      GNUPGHOME: this.folder,
      SOPS_AGE_KEY_FILE: join(this.folder, 'keys.txt'),
      SOPS_CONFIG: config,
    };
  }
}
