import type { Workshop } from './workshop.ts';

export interface Publication {
  readonly tree: string;
  /** `host:port/repository`. */
  readonly repository: string;
  readonly tag: string;
}

/**
 * Where a published tree says that it comes from. Another source for every repository makes every artifact another, so that no
 * signature of one test holds for the artifact of the next.
 */
export function sourceOf(repository: string): string {
  return `https://example.org/${repository.slice(repository.indexOf('/') + 1)}`;
}

/** Publishes a tree by `flux push artifact`; answers the reference by digest. */
export async function publishWithFlux(workshop: Workshop, publication: Publication): Promise<string> {
  const { tree, repository, tag } = publication;
  await workshop.run(
    'flux',
    'push',
    'artifact',
    `oci://${repository}:${tag}`,
    '--path',
    tree,
    '--source',
    sourceOf(repository),
    '--revision',
    `${tag}@sha1:0123456789abcdef0123456789abcdef01234567`,
    '--reproducible',
  );
  return byDigest(workshop, publication);
}

/** Publishes a tree by `sealift push`; answers the reference by digest. */
export async function publishWithSealift(
  workshop: Workshop,
  publication: Publication & { readonly key?: string },
): Promise<string> {
  const { tree, repository, tag, key } = publication;
  await workshop.sealiftToSuccess(
    'push',
    `oci://${repository}:${tag}`,
    '--path',
    tree,
    '--source',
    sourceOf(repository),
    '--revision',
    `${tag}@sha1:0123456789abcdef0123456789abcdef01234567`,
    ...(key === undefined ? [] : ['--sign-key', key]),
  );
  return byDigest(workshop, publication);
}

async function byDigest(workshop: Workshop, { repository, tag }: Publication): Promise<string> {
  const { stdout } = await workshop.run('crane', 'digest', `${repository}:${tag}`);
  return `${repository}@${stdout.trim()}`;
}
