import { readFile } from 'node:fs/promises';
import { asSealiftError, type Clock, SealiftError, withSignal } from '../../../../core/index.ts';
import type { ClusterAccess, ExecPlugin, Material } from '../cluster-access.ts';
import { type ExecCredential, execInput, readExecCredential } from '../exec-credential.ts';
import { runExecPlugin } from './exec-plugin.ts';

/** What requests and connections carry; texts in PEM. */
export interface Identity {
  readonly authorization: string | undefined;
  readonly authority: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** Milliseconds for which what a file held is believed: what writes it renews a token many minutes before its end. */
const fileAgeMs = 60_000;
/** Milliseconds before the end of a credential from which on a new one is asked for: clocks differ. */
const expiryMarginMs = 10_000;

interface Loaded {
  readonly identity: Identity;
  /** Of the monotonic clock. */
  readonly readAt: number;
}

/** Who we are to a cluster, read again as files, plugins and issuers renew it. */
export class IdentitySource {
  readonly #access: ClusterAccess;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  #loaded: Loaded | undefined;
  #loading: Promise<Identity> | undefined;
  #given: ExecCredential | undefined;

  constructor(
    access: ClusterAccess,
    environment: Readonly<Record<string, string | undefined>>,
    clock: Clock,
    closing: AbortSignal,
  ) {
    this.#access = access;
    this.#environment = environment;
    this.#clock = clock;
    this.#closing = closing;
  }

  /** @throws SealiftError TARGET_UNAUTHENTICATED where a file, a plugin or an issuer gives nothing; or the reason of the signal. */
  current(signal: AbortSignal): Promise<Identity> {
    if (this.#loaded !== undefined && this.#isFresh(this.#loaded))
      return Promise.resolve(this.#loaded.identity);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return withSignal(this.#loading, signal);
  }

  /** The server refused it: what can be renewed is read again, once, by the next caller. */
  refuse(refused: Identity): void {
    if (this.#loaded?.identity !== refused) return;
    this.#loaded = undefined;
    this.#given = undefined;
  }

  #isFresh({ readAt }: Loaded): boolean {
    return !this.#isOver() && this.#clock.monotonic() - readAt < fileAgeMs;
  }

  async #load(): Promise<Identity> {
    const { login, authority } = this.#access;
    const [trusted, token, certificate, key] = await Promise.all(
      [authority, login.token, login.certificate, login.key].map(textOf),
    );
    this.#given = await this.#renewed(trusted);
    const given = this.#given;
    const identity = {
      authority: trusted,
      authorization: authorization(token ?? given?.token, login.basic),
      certificate: certificate ?? given?.certificate,
      key: key ?? given?.key,
    };
    const before = this.#loaded?.identity;
    // Who compares it by reference sees that nothing changed.
    const kept = before !== undefined && isSame(before, identity) ? before : identity;
    this.#loaded = { identity: kept, readAt: this.#clock.monotonic() };
    return kept;
  }

  /** What was given has an end, and that is near. */
  #isOver(): boolean {
    const { expiresAt } = this.#given ?? {};
    return expiresAt !== undefined && expiresAt - expiryMarginMs <= this.#clock.now();
  }

  async #renewed(authority: string | undefined): Promise<ExecCredential | undefined> {
    const { exec, issued } = this.#access.login;
    if (this.#given !== undefined && !this.#isOver()) return this.#given;
    if (issued !== undefined) return issued.issue(this.#closing);
    return exec === undefined ? undefined : this.#askPlugin(exec, authority);
  }

  async #askPlugin(exec: ExecPlugin, authority: string | undefined): Promise<ExecCredential> {
    const environment = {
      ...this.#environment,
      ...exec.environment,
      KUBERNETES_EXEC_INFO: execInput(exec, this.#access, authority),
    };
    return readExecCredential(await runExecPlugin(exec, environment, this.#closing), exec);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return (
    a.authorization === b.authorization &&
    a.authority === b.authority &&
    a.certificate === b.certificate &&
    a.key === b.key
  );
}

async function textOf(material: Material | undefined): Promise<string | undefined> {
  if (material === undefined) return undefined;
  if (material.kind === 'inline') return material.text;
  try {
    return await readFile(material.path, 'utf8');
  } catch (cause) {
    throw asSealiftError(cause, material.path, 'TARGET_UNAUTHENTICATED');
  }
}

function authorization(
  token: string | undefined,
  basic: { readonly username: string; readonly password: string } | undefined,
): string | undefined {
  if (token !== undefined) {
    const bare = token.trim();
    if (/^[\x21-\x7e]+$/.test(bare)) return `Bearer ${bare}`;
    throw new SealiftError('TARGET_UNAUTHENTICATED', 'token', 'expected printable ASCII, got something else');
  }
  if (basic === undefined) return undefined;
  return `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
}
