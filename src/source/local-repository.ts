import type { ImageLayout } from 'oci-client-ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const prefix = 'source/';

/** The tag, in the local layout, of the revision that was fetched last. */
export const currentTag = 'current';

/** The repository, in the local layout, of one source. */
export function localRepository({ namespace, name }: Named): string {
  return `${prefix}${namespace}/${name}`;
}

/** Takes their tags away in the local layout from all sources but these; what the tags named is garbage then. */
export async function forgetSources(layout: ImageLayout, known: readonly Named[]): Promise<void> {
  const kept = new Set(known.map(localRepository));
  for (const repository of await layout.repositories())
    if (repository.startsWith(prefix) && !kept.has(repository))
      await layout.repository(repository).untag(currentTag);
}
