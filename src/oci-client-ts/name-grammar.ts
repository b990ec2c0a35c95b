/** Grammar of repository names and tags: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const repositoryGrammar =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagGrammar = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

const hostLabel = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
/** An IPv6 address stands in brackets, as in a URL; a zone has no place in a registry's name. */
const hostGrammar = new RegExp(
  `^(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-f:]+(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3})?\\])(?::([0-9]{1,5}))?$`,
);

/** Many clients and registries hold `HOST[:PORT]/REPOSITORY` in 255 characters; the specification advises to stay below. */
export const maxRepositoryLength = 255;

export function isTag(text: string): boolean {
  return tagGrammar.test(text);
}

export function isRepositoryName(text: string): boolean {
  return text.length <= maxRepositoryLength && repositoryGrammar.test(text);
}

/** `HOST[:PORT]` in lower case; the port from 1 to 65535. */
export function isRegistryHost(text: string): boolean {
  const found = text.length <= maxRepositoryLength ? hostGrammar.exec(text) : null;
  if (found === null) return false;
  const port = found[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}
