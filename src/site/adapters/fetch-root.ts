import type { TUFError } from '@sigstore/tuf';
import { SealiftError } from '../../core/index.ts';

/** A TUF repository that publishes a trusted root: https://theupdateframework.github.io/specification/v1.0.33/ */
export interface RootRepository {
  /** Base URL. Who answers there is not trusted: its metadata is signed, and the chain begins with a root that is known. */
  readonly mirror: string;
  /** File with the first `root.json`; not needed for the public-good repository, whose root comes with the program. */
  readonly initialRoot?: string;
  /** Directory for what was learnt, which is what keeps a mirror from going back. */
  readonly cacheDirectory: string;
}

/** Sigstore's own mirror for the public-good instance. */
export const publicGoodMirror = 'https://tuf-repo-cdn.sigstore.dev';

const target = 'trusted_root.json';

const limits = { timeout: 20_000, retry: { retries: 2 } };

/**
 * Fetches the trusted root that a TUF repository publishes now. The library is loaded when it is called. It takes no signal; each request ends
 * after 20 s, and is tried three times. @throws SealiftError TRUST_UPDATE_FAILED.
 */
export async function fetchRoot({
  mirror,
  initialRoot,
  cacheDirectory,
}: RootRepository): Promise<Uint8Array> {
  const { initTUF } = await import('@sigstore/tuf');
  try {
    const repository = await initTUF({
      mirrorURL: mirror,
      cachePath: cacheDirectory,
      ...(initialRoot === undefined ? {} : { rootPath: initialRoot }),
      ...limits,
    });
    return Buffer.from(await repository.getTarget(target));
  } catch (thrown) {
    throw new SealiftError('TRUST_UPDATE_FAILED', mirror, messageOf(thrown), { cause: thrown });
  }
}

/** The library says what it was about to do, and in its cause why it could not. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause }: Partial<Pick<TUFError, 'cause'>> = thrown;
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return `${thrown.message}${reason}`.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 500);
}
