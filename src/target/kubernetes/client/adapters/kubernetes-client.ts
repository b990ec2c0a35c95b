import {
  formatJson,
  formatRef,
  type KubernetesObject,
  type ObjectRef,
  refOf,
  SealiftError,
} from '../../../../core/index.ts';
import type { IssuedToken, TokenDemand, TokenIssuer } from '../../access/account-token.ts';
import type { ClusterAccess, Impersonation } from '../../access/cluster-access.ts';
import { impersonationHeaders } from '../../access/impersonation-headers.ts';
import { hiddenTexts } from '../../text/server-words.ts';
import { apiFailure, saysAbsent } from '../answers/api-failure.ts';
import { readLiveObject, readTriedObject, stillThere } from '../answers/live-object.ts';
import { readSample } from '../answers/read-sample.ts';
import { readWarnings } from '../answers/warnings.ts';
import type {
  ApiResource,
  Applied,
  ApplyOptions,
  JsonPatchStep,
  KindRef,
  KubernetesClient,
  ListScope,
  LiveMetadata,
  LiveObject,
  MetadataPage,
  RemoveOptions,
  SampleScope,
  WatchEvent,
} from '../client.ts';
import { listPath, objectPath } from '../resource-path.ts';
import { type ApiReply, type ApiRequest, ApiTransport, type ClientOptions } from './api-transport.ts';
import { issueToken } from './issue-token.ts';
import { listMetadata } from './list-metadata.ts';
import { kindUnknown, ServedKinds } from './served-kinds.ts';
import { watchMetadata } from './watch-metadata.ts';

interface Shared {
  readonly transport: ApiTransport;
  readonly kinds: ServedKinds;
  readonly random: () => number;
  readonly now: () => number;
}

type Headers = Readonly<Record<string, string | string[]>>;

class Client implements KubernetesClient, TokenIssuer {
  readonly server: string;
  readonly #shared: Shared;
  readonly #headers: Headers;

  readonly close: () => Promise<void>;

  constructor(shared: Shared, headers: Headers, close: () => Promise<void>) {
    this.server = shared.transport.server;
    this.#shared = shared;
    this.#headers = headers;
    this.close = close;
  }

  issueToken(demand: TokenDemand, signal: AbortSignal): Promise<IssuedToken> {
    const { server } = this;
    const { now } = this.#shared;
    return issueToken({ server, now, ask: (request) => this.#ask(request, signal) }, demand);
  }

  as(identity: Impersonation): KubernetesClient {
    // The connections are not its own.
    return new Client(this.#shared, impersonationHeaders(identity), () => Promise.resolve());
  }

  resourceOf(kind: KindRef, signal: AbortSignal): Promise<ApiResource | undefined> {
    return this.#shared.kinds.resourceOf(kind, signal);
  }

  forget(): void {
    this.#shared.kinds.forget();
  }

  get(ref: ObjectRef, signal: AbortSignal): Promise<LiveObject | undefined> {
    return this.#inAnyVersion(ref, signal, async (resource) => {
      const subject = formatRef(ref);
      const request = { method: 'GET', path: pathOf(resource, ref), subject } as const;
      const reply = await this.#ask(request, signal);
      if (saysAbsent(reply, resource.plural, ref.name)) return undefined;
      return readLiveObject(this.#found(reply, request), subject);
    });
  }

  async apply(object: KubernetesObject, options: ApplyOptions, signal: AbortSignal): Promise<Applied> {
    const ref = refOf(object);
    const resource = await this.#exactly(ref, signal);
    const { fieldManager, force, dryRun } = options;
    const query = new URLSearchParams({ fieldManager, force: `${force}`, fieldValidation: 'Strict' });
    if (dryRun) query.set('dryRun', 'All');
    const request = {
      method: 'PATCH',
      path: `${pathOf(resource, ref)}?${query}`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: formatJson(object),
      subject: formatRef(ref),
      hidden: hiddenTexts(object),
    } as const;
    const reply = await this.#ask(request, signal);
    const read = dryRun ? readTriedObject : readLiveObject;
    const live = read(this.#found(reply, request), request.subject);
    return { object: live, warnings: readWarnings(reply.headers['warning'], request.hidden) };
  }

  async patch(
    ref: ObjectRef,
    steps: readonly JsonPatchStep[],
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<LiveObject> {
    const resource = await this.#exactly(ref, signal);
    const request = {
      method: 'PATCH',
      path: `${pathOf(resource, ref)}?${new URLSearchParams({ fieldManager })}`,
      headers: { 'content-type': 'application/json-patch+json' },
      body: JSON.stringify(steps),
      subject: formatRef(ref),
      repeatable: false,
    } as const;
    const reply = await this.#ask(request, signal);
    return readLiveObject(this.#found(reply, request), request.subject);
  }

  remove(ref: ObjectRef, { uid }: RemoveOptions, signal: AbortSignal): Promise<LiveMetadata | undefined> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    return this.#inAnyVersion(ref, signal, async (resource) => {
      const request = {
        method: 'DELETE',
        path: pathOf(resource, ref),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        subject: formatRef(ref),
      } as const;
      const reply = await this.#ask(request, signal);
      if (saysAbsent(reply, resource.plural, ref.name)) return undefined;
      return stillThere(this.#found(reply, request));
    });
  }

  listMetadata(resource: ApiResource, scope: ListScope, signal: AbortSignal): AsyncIterable<MetadataPage> {
    return listMetadata((request) => this.#ask(request, signal), resource, scope);
  }

  async sample(
    resource: ApiResource,
    { namespace, labelSelector, limit }: SampleScope,
    signal: AbortSignal,
  ): Promise<readonly LiveObject[]> {
    const path = listPath(resource, { namespace });
    const query = new URLSearchParams({ labelSelector, limit: `${limit}` });
    const request = { method: 'GET', path: `${path}?${query}`, subject: path } as const;
    return readSample(this.#found(await this.#ask(request, signal), request), resource, path);
  }

  watchMetadata(
    resource: ApiResource,
    scope: ListScope,
    from: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent> {
    const { transport, random } = this.#shared;
    const headers = this.#headers;
    const open = (request: ApiRequest) =>
      transport.open({ ...request, headers: { ...request.headers, ...headers } }, signal);
    return watchMetadata(open, resource, { scope, from, random: random() }, signal);
  }

  #ask(request: ApiRequest, signal: AbortSignal): Promise<ApiReply> {
    const headers = { ...request.headers, ...this.#headers };
    return this.#shared.transport.ask({ ...request, headers }, signal);
  }

  /** Once more where the version that was known is no longer served. */
  async #inAnyVersion<T>(
    ref: ObjectRef,
    signal: AbortSignal,
    act: (resource: ApiResource) => Promise<T>,
  ): Promise<T> {
    const known = await this.#shared.kinds.anyVersionOf(ref, signal);
    try {
      return await act(known);
    } catch (error) {
      if (!(error instanceof SealiftError) || error.code !== 'TARGET_KIND_UNKNOWN') throw error;
      return await act(await this.#shared.kinds.anyVersionOf(ref, signal));
    }
  }

  async #exactly(ref: ObjectRef, signal: AbortSignal): Promise<ApiResource> {
    const resource = await this.resourceOf(ref, signal);
    if (resource === undefined) throw kindUnknown(ref);
    return resource;
  }

  #found(reply: ApiReply, request: ApiRequest): unknown {
    if (reply.status !== 404) return reply.body;
    const failure = apiFailure(reply, request);
    // Its definition is gone since it was asked for.
    if (failure.code === 'TARGET_KIND_UNKNOWN') this.forget();
    throw failure;
  }
}

/** @throws SealiftError TARGET_INVALID for an object without a namespace, of a kind that needs one. */
function pathOf(resource: ApiResource, ref: ObjectRef): string {
  if (resource.namespaced && ref.namespace === '') {
    const detail = 'expected a namespace: objects of this kind live in one';
    throw new SealiftError('TARGET_INVALID', formatRef(ref), detail);
  }
  return objectPath(resource, ref);
}

/** A client of the cluster; connects when it is first asked for something. */
export function createKubernetesClient(
  access: ClusterAccess,
  options: ClientOptions,
): KubernetesClient & TokenIssuer {
  const transport = new ApiTransport(access, options);
  const kinds = new ServedKinds(transport);
  const { clock, random } = options;
  const shared = { transport, kinds, random: () => random.next(), now: () => clock.now() };
  return new Client(shared, impersonationHeaders(access.impersonate), () => transport.close());
}
