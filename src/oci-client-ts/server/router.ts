import { ApiError } from './api-error.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import { type Exchange, type Registry, sendJson } from './exchange.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { listReferrers } from './referrers.ts';
import type { Route } from './route.ts';
import { listRepositories, listTags } from './tags.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './uploads.ts';

type Table = {
  readonly [K in Route['kind']]: Readonly<
    Record<
      string,
      (exchange: Exchange, route: Extract<Route, { kind: K }>, registry: Registry) => Promise<void>
    >
  >;
};

const table: Table = {
  base: { GET: async (exchange) => sendJson(exchange, 200, {}) },
  catalog: { GET: listRepositories },
  token: { GET: sendToken },
  blob: { GET: getBlob, HEAD: getBlob, DELETE: deleteBlob },
  manifest: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  uploads: { POST: postUpload },
  upload: { GET: getUpload, PATCH: patchUpload, PUT: putUpload, DELETE: deleteUpload },
  tags: { GET: listTags },
  referrers: { GET: listReferrers },
  unknown: {},
  'invalid-name': {},
};

/** Sends a request to the endpoint of its route. @throws ApiError, and whatever the endpoint throws. */
export async function answer(exchange: Exchange, route: Route, registry: Registry): Promise<void> {
  registry.gate?.check(exchange, route);
  if (route.kind === 'unknown') throw new ApiError(404, 'UNSUPPORTED', 'no such endpoint');
  if (route.kind === 'invalid-name') throw new ApiError(404, 'NAME_INVALID', 'not a repository name');
  const method = exchange.request.method ?? '';
  if (registry.isReadOnly && !readingMethods.has(method)) {
    throw new ApiError(405, 'UNSUPPORTED', 'this registry is read-only');
  }
  const methods = table[route.kind] as Readonly<Record<string, Table[Route['kind']][string]>>;
  const endpoint = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (endpoint === undefined) throw new ApiError(405, 'UNSUPPORTED', `no ${method} here`);
  await endpoint(exchange, route as never, registry);
}

async function sendToken(exchange: Exchange, _route: Route, { gate }: Registry): Promise<void> {
  if (gate === undefined) throw new ApiError(404, 'UNSUPPORTED', 'no such endpoint');
  gate.sendToken(exchange);
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);
