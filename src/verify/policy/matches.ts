import type { OciRepository, VerificationPolicy } from '../../api/index.ts';
import { coversRepository, spellingsOf } from './repository-name.ts';

/** Whether a policy is about what this source delivers. @throws SealiftError REFERENCE_INVALID for a source whose URL cannot be read. */
export function matches({ metadata, spec: { match } }: VerificationPolicy, source: OciRepository): boolean {
  const repository = spellingsOf(source.spec.url);
  return (
    match.repositories.some((glob) => coversRepository(glob, repository)) ||
    match.sources.some(
      ({ name, namespace = metadata.namespace }) =>
        name === source.metadata.name && namespace === source.metadata.namespace,
    )
  );
}
