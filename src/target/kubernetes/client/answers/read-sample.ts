import { SealiftError } from '../../../../core/index.ts';
import type { ApiResource, LiveObject } from '../client.ts';
import { readLiveObject } from './live-object.ts';

/** The objects of a list; in lists of built-in kinds they do not say what they are. @throws SealiftError TARGET_FAILED for anything else. */
export function readSample(
  body: unknown,
  { group, version, kind }: ApiResource,
  subject: string,
): readonly LiveObject[] {
  const { items } = (body ?? {}) as { items?: unknown };
  if (items === null) return [];
  if (!Array.isArray(items))
    throw new SealiftError('TARGET_FAILED', subject, 'expected a list, got something else');
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return items.map((item: object) => readLiveObject({ ...item, apiVersion, kind }, subject));
}
