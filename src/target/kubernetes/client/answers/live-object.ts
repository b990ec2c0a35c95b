import { SealiftError } from '../../../../core/index.ts';
import type { LiveMetadata, LiveObject } from '../client.ts';

/** An object as the server answered it. @throws SealiftError TARGET_FAILED for anything else. */
export function readLiveObject(body: unknown, subject: string): LiveObject {
  const object = body as Partial<LiveObject> | null;
  if (typeof object?.apiVersion !== 'string' || typeof object.kind !== 'string') {
    throw new SealiftError('TARGET_FAILED', subject, 'expected an object of the API, got something else');
  }
  readMetadata(object, subject);
  return object as LiveObject;
}

/** What a dry run answered: an object that is not there yet has no version, here an empty one. @throws as `readLiveObject` */
export function readTriedObject(body: unknown, subject: string): LiveObject {
  const { metadata, ...object } = (body ?? {}) as Partial<LiveObject>;
  return readLiveObject({ ...object, metadata: { resourceVersion: '', ...metadata } }, subject);
}

/** The metadata of an object, or of a PartialObjectMetadata. @throws SealiftError TARGET_FAILED where there is none. */
export function readMetadata(body: unknown, subject: string): LiveMetadata {
  const metadata = (body as { metadata?: Partial<LiveMetadata> } | null)?.metadata;
  const { name, uid, resourceVersion } = metadata ?? {};
  if ([name, uid, resourceVersion].some((text) => typeof text !== 'string')) {
    const detail = 'expected metadata with name, uid and resourceVersion, got something else';
    throw new SealiftError('TARGET_FAILED', subject, detail);
  }
  return metadata as LiveMetadata;
}

/** What a deletion was answered with: the metadata of an object that goes later, `undefined` where it went at once. Some kinds answer with what is gone. */
export function stillThere(body: unknown): LiveMetadata | undefined {
  const metadata = (body as { metadata?: Partial<LiveMetadata> } | null)?.metadata;
  const { name, uid, resourceVersion, deletionTimestamp } = metadata ?? {};
  const isObject = [name, uid, resourceVersion].every((text) => typeof text === 'string');
  return isObject && typeof deletionTimestamp === 'string' ? (metadata as LiveMetadata) : undefined;
}
