import type { Route } from './route.ts';

/** What may be done to a repository. */
export type RegistryAction = 'pull' | 'push' | 'delete';

/** What a request needs. `any` is somebody who is known. */
export type Access =
  | { readonly kind: 'none' | 'any' | 'catalog' }
  | {
      readonly kind: 'repository';
      readonly repository: string;
      readonly action: RegistryAction;
      /** Takes away content that other repositories may need as well. */
      readonly isShared: boolean;
    };

/** What a request of this method to this route needs. */
export function neededAccess(route: Route, method: string): Access {
  if (route.kind === 'token') return { kind: 'none' };
  if (route.kind === 'catalog') return { kind: 'catalog' };
  if (!('repository' in route)) return { kind: 'any' };
  const action = actionOf(route, method);
  const isShared = action === 'delete' && (route.kind !== 'manifest' || route.reference.includes(':'));
  return { kind: 'repository', repository: route.repository, action, isShared };
}

/** Giving up an upload is a part of pushing. */
function actionOf({ kind }: Route, method: string): RegistryAction {
  if (kind !== 'upload' && (method === 'GET' || method === 'HEAD')) return 'pull';
  return method === 'DELETE' && kind !== 'upload' ? 'delete' : 'push';
}

/** As challenges and tokens name it. https://distribution.github.io/distribution/spec/auth/scope/ */
export function scopeOf(access: Access): string | undefined {
  if (access.kind === 'catalog') return 'registry:catalog:*';
  if (access.kind !== 'repository') return undefined;
  const { repository, action } = access;
  // Who pushes asks what is there first.
  return `repository:${repository}:${action === 'push' ? 'pull,push' : action}`;
}

/** Everything that a scope asks for; nothing for a scope of another kind. */
export function accessesOf(scope: string): readonly Access[] {
  const [, type, name = '', actions = ''] = /^([a-z]+):(.+):([a-z*,]+)$/.exec(scope) ?? [];
  if (type === 'registry' && name === 'catalog') return [{ kind: 'catalog' }];
  if (type !== 'repository') return [];
  const asked =
    actions === '*' ? allActions : allActions.filter((action) => actions.split(',').includes(action));
  return asked.flatMap((action) => {
    const access = { kind: 'repository', repository: name, action } as const;
    const shared = action === 'delete' ? [{ ...access, isShared: true }] : [];
    return [{ ...access, isShared: false }, ...shared];
  });
}

const allActions: readonly RegistryAction[] = ['pull', 'push', 'delete'];
