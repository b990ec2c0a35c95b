import * as z from 'zod';
import { SealiftError } from '../../../../core/index.ts';
import type { ApiResource } from '../client.ts';

const resourceList = z.object({
  kind: z.literal('APIResourceList'),
  resources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      verbs: z.array(z.string()),
    }),
  ),
});

const group = z.object({
  kind: z.literal('APIGroup'),
  versions: z.array(z.object({ version: z.string() })),
});

/** What is served of one version of a group, by kind: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api */
export function readResourceList(
  body: unknown,
  { group, version }: Pick<ApiResource, 'group' | 'version'>,
  subject: string,
): ReadonlyMap<string, ApiResource> {
  const { resources } = checked(resourceList, body, subject);
  const found = new Map<string, ApiResource>();
  for (const { name: plural, kind, namespaced, verbs } of resources) {
    // `deployments/scale` is a part of an object, and has a kind of its own.
    if (plural.includes('/')) continue;
    const watchable = verbs.includes('list') && verbs.includes('watch');
    found.set(kind, { group, version, kind, plural, namespaced, watchable });
  }
  return found;
}

/** The versions of a group, the preferred one first. */
export function readGroupVersions(body: unknown, subject: string): readonly string[] {
  return checked(group, body, subject).versions.map(({ version }) => version);
}

function checked<T extends z.ZodType>(schema: T, body: unknown, subject: string): z.infer<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new SealiftError('TARGET_FAILED', subject, 'expected a list of what is served, got something else');
}
