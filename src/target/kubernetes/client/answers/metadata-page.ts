import { SealiftError } from '../../../../core/index.ts';
import type { MetadataPage } from '../client.ts';
import { readMetadata } from './live-object.ts';

interface Page extends MetadataPage {
  /** Where the next page begins; empty on the last one. */
  readonly next: string;
}

/** A PartialObjectMetadataList, or any other list. @throws SealiftError TARGET_FAILED for anything else: no list is not an empty list. */
export function readMetadataPage(body: unknown, subject: string): Page {
  const {
    metadata,
    items: found,
    kind,
  } = (body ?? {}) as {
    metadata?: { resourceVersion?: unknown; continue?: unknown };
    items?: unknown;
    kind?: unknown;
  };
  // What Go writes for a list without anything in it.
  const items = found === null && String(kind).endsWith('List') ? [] : found;
  const version = metadata?.resourceVersion;
  if (!Array.isArray(items) || typeof version !== 'string' || version === '') {
    throw new SealiftError('TARGET_FAILED', subject, 'expected a list with its version, got something else');
  }
  const next = typeof metadata?.continue === 'string' ? metadata.continue : '';
  return { items: items.map((item) => readMetadata(item, subject)), resourceVersion: version, next };
}
