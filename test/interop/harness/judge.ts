import { readFileSync } from 'node:fs';
import { type Descriptor, RemoteRepository, Transport } from 'oci-client-ts';
import type { SiteObject, Verdict } from '../../../src/api/index.ts';
import { createTrustedRoots, createVerifyStage } from '../../../src/verify/index.ts';
import { desiredState, keyPolicy, ociSource, siteObject } from '../../fixtures/signed-artifact.ts';

const noStoredRoots = createTrustedRoots((name) => {
  throw new Error(`trusted root ${name}: expected one that is given`);
});

/** Judges references in plain-text registries on loopback, as the agent does. */
export class Judge {
  readonly #transport = new Transport();

  repository(reference: string): RemoteRepository {
    const { host, repository } = partsOf(reference);
    return new RemoteRepository({ host, repository, transport: this.#transport });
  }

  async subject(reference: string): Promise<Descriptor> {
    const resolution = await this.repository(reference).resolve(partsOf(reference).digest);
    if (resolution.kind !== 'resolved') throw new Error(`${reference}: expected content`);
    return resolution.descriptor;
  }

  /** The verdict of a policy with these files of public keys. */
  verdict(reference: string, keys: readonly string[], spec: Record<string, unknown> = {}): Promise<Verdict> {
    const pems = keys.map((file) => readFileSync(file, 'utf8'));
    return this.#judge(reference, keyPolicy('interop', pems, spec));
  }

  /** The verdict of a policy with one authority, which finds `trusted_root.json` in the Secret `root`. */
  verdictBy(
    reference: string,
    authority: Record<string, unknown>,
    root: object,
    spec: Record<string, unknown> = {},
  ): Promise<Verdict> {
    const authorities = [{ name: 'interop', ...authority }];
    const policy = { match: { repositories: ['**'] }, authorities, ...spec };
    return this.#judge(
      reference,
      siteObject('VerificationPolicy', 'interop', { spec: policy }),
      siteObject('Secret', 'root', { stringData: { 'trusted_root.json': JSON.stringify(root) } }),
    );
  }

  async #judge(reference: string, ...objects: readonly SiteObject[]): Promise<Verdict> {
    const repository = this.repository(reference);
    const stage = createVerifyStage({ openRepository: () => repository, roots: noStoredRoots });
    const resolution = await repository.resolve(partsOf(reference).digest);
    if (resolution.kind !== 'resolved') throw new Error(`${reference}: expected content`);
    const { descriptor: manifest, content } = resolution;
    return stage.verify(
      {
        source: ociSource(),
        desired: desiredState(...objects),
        resolved: { revision: 'v1', manifest, content },
      },
      new AbortController().signal,
    );
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}

function partsOf(reference: string): {
  readonly host: string;
  readonly repository: string;
  readonly digest: string;
} {
  const [name = '', digest = ''] = reference.split('@');
  const slash = name.indexOf('/');
  return { host: name.slice(0, slash), repository: name.slice(slash + 1), digest };
}
