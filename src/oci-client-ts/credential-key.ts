import { canonicalHost } from './canonical-host.ts';
import { hubNames, isDockerHub } from './docker-hub.ts';

/** A key of `auths`, read: `[http[s]://]HOST[:PORT][/PATH]`. */
export interface CredentialKey {
  readonly host: string;
  /** Without slashes at its ends; empty for the whole host. */
  readonly path: string;
}

/** How keys are compared with a host: docker knows no wildcards, a kubelet knows one in each label. */
export type KeyMatching = 'exact' | 'kubelet';

export function parseCredentialKey(key: string, matching: KeyMatching = 'exact'): CredentialKey {
  const bare = key.replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const host = slash === -1 ? bare : bare.slice(0, slash);
  const segments = slash === -1 ? [] : bare.slice(slash).split('/').filter(Boolean);
  const versioned = segments[0] === 'v1' || segments[0] === 'v2';
  // The version of the API stands before the path in keys of old; a docker config never has both.
  const path = versioned && (matching === 'kubelet' || segments.length === 1) ? segments.slice(1) : segments;
  return { host: canonicalHost(host), path: path.join('/') };
}

/**
 * True when the key covers `HOST/PATH`: the path is a prefix that ends at a `/`, the host is the same, or, by the rules of a kubelet, has the
 * same port and as many labels, each of which fits its pattern of `*` and `?`.
 * https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
export function coversRepository(
  key: CredentialKey,
  { host, path }: CredentialKey,
  matching: KeyMatching,
): boolean {
  if (key.path !== '' && path !== key.path && !path.startsWith(`${key.path}/`)) return false;
  if (key.host === host) return true;
  if (matching === 'exact') return false;
  const names = isDockerHub(host) ? hubNames : [host];
  return names.some((name) => globsHost(key.host, name));
}

function globsHost(pattern: string, host: string): boolean {
  const [wantedName, wantedPort] = splitPort(pattern);
  const [name, port] = splitPort(host);
  if (wantedPort !== port) return false;
  const patterns = wantedName.split('.');
  const labels = name.split('.');
  return patterns.length === labels.length && patterns.every((each, at) => globs(each, labels[at] ?? ''));
}

function splitPort(host: string): readonly [string, string] {
  const found = /^(.*):([0-9]{1,5})$/.exec(host);
  return found === null ? [host, ''] : [found[1] ?? '', found[2] ?? ''];
}

/** Takes the last star back by one letter when the rest does not fit: linear in the pattern for each letter, whatever the pattern. */
function globs(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let read = 0; read < text.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      resume = read;
      at += 1;
    } else if (wanted === '?' || wanted === text[read]) {
      at += 1;
      read += 1;
    } else if (star === -1) {
      return false;
    } else {
      resume += 1;
      read = resume;
      at = star + 1;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
