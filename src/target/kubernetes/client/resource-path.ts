import type { ApiResource, KindRef, ListScope } from './client.ts';

type GroupVersion = Pick<KindRef, 'group' | 'version'>;

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export function groupVersionPath({ group, version }: GroupVersion): string {
  return group === '' ? `/api/${segment(version)}` : `/apis/${segment(group)}/${segment(version)}`;
}

/** Of all objects of a kind, in one namespace or in all. */
export function listPath(resource: ApiResource, scope: ListScope): string {
  const { namespaced, plural } = resource;
  const namespace = namespaced ? (scope.namespace ?? '') : '';
  const within = namespace === '' ? '' : `/namespaces/${segment(namespace)}`;
  return `${groupVersionPath(resource)}${within}/${segment(plural)}`;
}

/** Of one object. */
export function objectPath(
  resource: ApiResource,
  { namespace, name }: { namespace: string; name: string },
): string {
  return `${listPath(resource, { namespace })}/${segment(name)}`;
}

/** Names may hold `:` (RBAC) and whatever else a definition permits; none may leave its place in the path. */
function segment(name: string): string {
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : encodeURIComponent(name);
}
