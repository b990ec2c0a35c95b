import type { OciRepository } from '../api/index.ts';

/** What of a repository a source follows. Precedence as in Flux: digest, semver, tag, then `latest`. */
export type SelectedReference =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'semver'; readonly range: string; readonly filter: string | undefined }
  | { readonly kind: 'tag'; readonly tag: string };

export function selectedReference(ref: OciRepository['spec']['ref']): SelectedReference {
  if (ref.digest !== undefined) return { kind: 'digest', digest: ref.digest };
  if (ref.semver !== undefined) return { kind: 'semver', range: ref.semver, filter: ref.semverFilter };
  return { kind: 'tag', tag: ref.tag ?? 'latest' };
}

/** The revision in Flux's form: `tag@sha256:…`, or the digest alone for a source pinned by digest. */
export function revisionOf(tag: string | undefined, digest: string): string {
  return tag === undefined ? digest : `${tag}@${digest}`;
}
