import { SealiftError } from '../../../../core/index.ts';
import type { WatchEvent } from '../client.ts';
import { apiFailure } from './api-failure.ts';
import { readStatus } from './api-status.ts';
import { readMetadata } from './live-object.ts';

/**
 * One line of https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * @throws SealiftError what an ERROR event says, TARGET_EXPIRED for a version that is too old; TARGET_FAILED for what is no event.
 */
export function readWatchEvent(line: string, subject: string): WatchEvent {
  const { type, object } = parsed(line, subject);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, metadata: readMetadata(object, subject) };
    case 'BOOKMARK':
      return { type, resourceVersion: versionOf(object, subject) };
    case 'ERROR':
      throw apiFailure({ status: readStatus(object)?.code ?? 0, body: object }, { subject });
    default:
      throw failed(subject, 'an event of another type');
  }
}

function parsed(line: string, subject: string): { readonly type?: unknown; readonly object?: unknown } {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw failed(subject, 'something else');
  }
  if (typeof event !== 'object' || event === null) throw failed(subject, 'something else');
  return event;
}

function versionOf(object: unknown, subject: string): string {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion;
  if (typeof version === 'string' && version !== '') return version;
  throw failed(subject, 'a bookmark without a version');
}

function failed(subject: string, got: string): SealiftError {
  return new SealiftError('TARGET_FAILED', subject, `expected an event of a watch, got ${got}`);
}
