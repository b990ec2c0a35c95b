import { parseDigest } from '../digest.ts';
import { ApiError, refusing } from './api-error.ts';
import {
  bodyOf,
  checkAnnounced,
  type Endpoint,
  type Exchange,
  type Registry,
  sendEmpty,
  stopStallClock,
} from './exchange.ts';
import type { Route } from './route.ts';
import type { UploadSession } from './upload-sessions.ts';

type UploadsRoute = Extract<Route, { readonly kind: 'uploads' | 'tags' }>;
type UploadRoute = Extract<Route, { readonly kind: 'upload' }>;

/** Begins an upload, or ends it at once: by mount, or with the content in this request. */
export const postUpload: Endpoint<UploadsRoute> = async (exchange, { repository }, registry) => {
  const { query } = exchange;
  const mount = query.get('mount');
  if (mount !== null && (await hasBlob(mount, registry))) return sendCreated(exchange, repository, mount);
  const digest = query.get('digest');
  const algorithm =
    digest === null
      ? (query.get('digest-algorithm') ?? undefined)
      : (await refusing(() => parseDigest(digest), { invalid: [400, 'DIGEST_INVALID'] })).algorithm;
  checkAnnounced(exchange, registry.maxBlobBytes);
  const session = await refusing(() => registry.uploads.open(repository, algorithm), {
    unsupported: [400, 'DIGEST_INVALID'],
  });
  if (digest === null) return sendProgress(exchange, session, 202);
  await session.take(exchange.request, async () => {
    try {
      await append(exchange, session, registry);
    } catch (error) {
      await registry.uploads.drop(session);
      throw error;
    }
    await accept(exchange, session, registry);
  });
};

export const patchUpload: Endpoint<UploadRoute> = async (exchange, { repository, id }, registry) => {
  const session = registry.uploads.find(repository, id);
  await session.take(exchange.request, async () => {
    checkStart(exchange, session);
    await append(exchange, session, registry);
    sendProgress(exchange, session, 202);
  });
};

export const putUpload: Endpoint<UploadRoute> = async (exchange, { repository, id }, registry) => {
  const session = registry.uploads.find(repository, id);
  await session.take(exchange.request, async () => {
    checkStart(exchange, session);
    await append(exchange, session, registry);
    await accept(exchange, session, registry);
  });
};

export const getUpload: Endpoint<UploadRoute> = async (exchange, { repository, id }, registry) => {
  const session = registry.uploads.find(repository, id);
  await session.take(exchange.request, async () => sendProgress(exchange, session, 204));
};

export const deleteUpload: Endpoint<UploadRoute> = async (exchange, { repository, id }, registry) => {
  const session = registry.uploads.find(repository, id);
  await session.take(exchange.request, () => registry.uploads.drop(session));
  sendEmpty(exchange, 204);
};

async function hasBlob(digest: string, { layout }: Registry): Promise<boolean> {
  return refusing(() => layout.blobs.renew(digest), { invalid: [400, 'DIGEST_INVALID'] });
}

/** What arrived before a connection broke stays: the client asks for the state and goes on from there. */
async function append(exchange: Exchange, session: UploadSession, registry: Registry): Promise<void> {
  const { blob } = session;
  const limit = registry.maxBlobBytes;
  try {
    checkAnnounced(exchange, limit - blob.size);
    for await (const chunk of bodyOf(exchange)) {
      if (blob.size + chunk.byteLength > limit) {
        throw new ApiError(413, 'SIZE_INVALID', `expected at most ${limit} bytes, got more`);
      }
      await blob.append(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) await registry.uploads.drop(session);
    throw error;
  }
}

/** Chunks come in order. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks */
function checkStart({ request }: Exchange, session: UploadSession): void {
  const header = request.headers['content-range'];
  if (header === undefined) return;
  const [, start, end] = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/.*)?$/.exec(header) ?? [];
  const length = request.headers['content-length'];
  const fits = length === undefined || Number(length) === Number(end) - Number(start) + 1;
  if (Number(start) === session.blob.size && fits) return;
  throw new ApiError(
    416,
    'BLOB_UPLOAD_INVALID',
    `expected a chunk from byte ${session.blob.size}, got ${header}`,
    {
      headers: progressHeaders(session),
    },
  );
}

async function accept(exchange: Exchange, session: UploadSession, registry: Registry): Promise<void> {
  const digest = exchange.query.get('digest') ?? '';
  stopStallClock(exchange);
  const refused = [400, 'DIGEST_INVALID'] as const;
  try {
    await refusing(() => session.blob.accept(digest), {
      invalid: refused,
      unsupported: refused,
      'digest-mismatch': refused,
    });
  } finally {
    await registry.uploads.drop(session);
  }
  sendCreated(exchange, session.repository, digest);
}

function sendCreated(exchange: Exchange, repository: string, digest: string): void {
  sendEmpty(exchange, 201, {
    location: `/v2/${repository}/blobs/${digest}`,
    'docker-content-digest': digest,
  });
}

function progressHeaders({ id, repository, blob }: UploadSession): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    'docker-upload-uuid': id,
    range: `0-${Math.max(blob.size - 1, 0)}`,
  };
}

function sendProgress(exchange: Exchange, session: UploadSession, status: 202 | 204): void {
  sendEmpty(exchange, status, progressHeaders(session));
}
