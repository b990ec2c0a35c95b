/** The digest of a revision, `<tag>@<digest>` or `<digest>`: where a tag moves, that of what it named. */
export function revisionDigest(revision: string): string {
  return revision.slice(revision.lastIndexOf('@') + 1);
}

/** Its tag; `undefined` for a source that is pinned by digest. */
export function revisionTag(revision: string): string | undefined {
  const at = revision.lastIndexOf('@');
  return at < 0 ? undefined : revision.slice(0, at);
}
