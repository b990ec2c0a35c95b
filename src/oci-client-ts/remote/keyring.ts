import type { Credential, CredentialProvider, CredentialRequest, CredentialSource } from '../credentials.ts';

/** Credentials to try in turn; the single `undefined` stands for anybody. */
export type Candidates = readonly [Credential | undefined, ...(Credential | undefined)[]];

/** All credentials that a transport was given. The first provider that matches the host and has any is the only one that counts. */
export class Keyring {
  readonly #source: CredentialSource | readonly CredentialProvider[];

  constructor(source: CredentialSource | readonly CredentialProvider[] = []) {
    this.#source = source;
  }

  async candidates({ host, repository }: CredentialRequest, signal: AbortSignal): Promise<Candidates> {
    if (typeof this.#source === 'function') return [await this.#source(host, repository)];
    for (const provider of this.#source.filter((each) => each.match(host))) {
      const [first, ...others] = await provider.get({ host, repository }, signal);
      if (first !== undefined) return [first, ...others];
    }
    return [undefined];
  }

  /** The next candidates for this host are to be fetched anew. */
  forget(host: string): void {
    if (typeof this.#source === 'function') return;
    for (const provider of this.#source) if (provider.match(host)) provider.forget?.(host);
  }
}
