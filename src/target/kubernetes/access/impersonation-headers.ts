import type { Impersonation } from './cluster-access.ts';

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
export function impersonationHeaders(
  identity: Impersonation | undefined,
): Readonly<Record<string, string | string[]>> {
  if (identity === undefined) return {};
  const { user, uid, groups = [], extra = {} } = identity;
  return {
    'impersonate-user': user,
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key)}`,
        [...values],
      ]),
    ),
  };
}
