import { randomBytes } from 'node:crypto';

/** Whoever asks has a user of its own, so that the audit log tells them apart. */
export const userGroups = {
  /** The tests and the person at the keyboard. */
  admin: ['system:masters'],
  // With less, namespaces are never deleted to the end.
  'kube-controller-manager': ['system:masters'],
  kwok: ['system:masters'],
  sealift: ['system:masters'],
  'source-controller': ['system:masters'],
  'kustomize-controller': ['system:masters'],
  /** Known, and allowed nothing. */
  guest: [],
} as const satisfies Record<string, readonly string[]>;

export type UserName = keyof typeof userGroups;

/** A token for each user. */
export type Tokens = Readonly<Record<UserName, string>>;

export function makeTokens(): Tokens {
  const names = Object.keys(userGroups);
  return Object.fromEntries(names.map((name) => [name, randomBytes(24).toString('hex')])) as Tokens;
}

/** What `--token-auth-file` reads: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file */
export function tokenFile(tokens: Tokens): string {
  const lines = Object.entries(userGroups).map(
    ([name, groups]) => `${tokens[name as UserName]},${name},${name},"${groups.join(',')}"`,
  );
  return `${lines.join('\n')}\n`;
}
