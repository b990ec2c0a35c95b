import { isJsonObject, type JsonObject } from './parse-descriptor.ts';

/** Content that a manifest names. */
export interface ManifestLink {
  readonly digest: string;
  /** As it stands beside the digest; empty where none does. */
  readonly mediaType: string;
}

export interface ManifestLinks {
  readonly links: readonly ManifestLink[];
  /** Digest of what the manifest is about; it does not keep that alive. */
  readonly subject?: string;
}

const digestText = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]{32,200}$/;

/** Wider than what this package parses: what a kind of manifest names that is unknown here must not be lost either. Layers may be named so too. */
export function isManifestLike(mediaType: string): boolean {
  return /manifest|index/.test(mediaType);
}

/**
 * Every digest in a manifest, whatever its kind and wherever it stands, annotations and subject apart. What is no JSON object names
 * nothing.
 */
export function linksOf(content: Uint8Array): ManifestLinks {
  const document = parseObject(content);
  if (document === undefined) return { links: [] };
  const { subject, ...rest } = document;
  const about = isJsonObject(subject) ? subject.digest : undefined;
  return {
    links: digestsIn(rest),
    ...(typeof about === 'string' ? { subject: about } : {}),
  };
}

function parseObject(content: Uint8Array): JsonObject | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(content));
    return isJsonObject(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

/** By a list of what is left to look at: nesting is the document's choice, and a stack has an end. */
function digestsIn(document: JsonObject): readonly ManifestLink[] {
  const found: ManifestLink[] = [];
  const left: object[] = [document];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    const { mediaType, annotations: _, ...fields } = value as JsonObject;
    const type = typeof mediaType === 'string' ? mediaType : '';
    const values = Object.values(fields);
    for (const digest of values.filter(isDigestText)) found.push({ digest, mediaType: type });
    // One by one: a list may be longer than a call takes arguments.
    for (const inner of values.filter(isObject)) left.push(inner);
  }
  return found;
}

const isDigestText = (value: unknown): value is string => typeof value === 'string' && digestText.test(value);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
