import type { KubernetesObject, ObjectRef } from '../../../core/index.ts';
import type { Impersonation } from '../access/cluster-access.ts';

/** What an `apiVersion` and a `kind` say together; `group` is empty for core kinds. An ObjectRef is one. */
export interface KindRef {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Where the server serves a kind: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export interface ApiResource extends KindRef {
  readonly plural: string;
  readonly namespaced: boolean;
  /** Whether it can be listed and watched; kinds that are only asked, such as SubjectAccessReview, cannot. */
  readonly watchable: boolean;
}

/** Which fields one manager holds: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  /** `status`, say; absent for the object itself. */
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: unknown;
}

/** The metadata of an object that the server holds. */
export interface LiveMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly ManagedFields[];
  /** Set as soon as its deletion was asked for. */
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

/** An object as the server holds it. */
export interface LiveObject extends KubernetesObject {
  readonly metadata: LiveMetadata;
}

export interface ApplyOptions {
  readonly fieldManager: string;
  /** Takes fields over from other managers; without it their fields are a TARGET_CONFLICT. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface Applied {
  /** What the server made of it; of a dry run, what it would make, with an empty resourceVersion where nothing is there yet. */
  readonly object: LiveObject;
  /** The server's own words, of deprecated versions say. */
  readonly warnings: readonly string[];
}

export interface RemoveOptions {
  /** Only the object of this UID; another one of the same name is a TARGET_CHANGED. */
  readonly uid?: string;
}

/** One step of https://www.rfc-editor.org/rfc/rfc6902 */
export interface JsonPatchStep {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

/** All namespaces without one; ignored for kinds without namespaces. */
export interface ListScope {
  readonly namespace?: string;
}

export interface ListOptions extends ListScope {
  /** Objects of one page, at most; whoever wants to know of the list alone goes no further than the first page. */
  readonly pageSize?: number;
}

/** Some objects of one namespace. */
export interface SampleScope {
  readonly namespace: string;
  /** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
  readonly labelSelector: string;
  /** At most so many, whichever. */
  readonly limit: number;
}

export interface MetadataPage {
  readonly items: readonly LiveMetadata[];
  /** Of the whole list, the same on all its pages: a watch goes on from here. */
  readonly resourceVersion: string;
}

/** Milliseconds: a watch that is over earlier was broken. */
export const minWatchMs = 300_000;

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly metadata: LiveMetadata }
  /** Nothing happened up to here: a watch may go on from this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/**
 * What this room asks of a Kubernetes API. Every method rejects with a SealiftError of a TARGET_ code, or with the reason of the
 * signal as soon as that aborts. Requests that may be repeated are, a few times, as the server asks; a failure never looks like absence.
 */
export interface KubernetesClient {
  /** Address for messages, without credentials. */
  readonly server: string;
  /** The same cluster as somebody else sees it, over the connections of this one, which end with this one alone. */
  as(identity: Impersonation): KubernetesClient;
  /**
   * Where a kind lives; `undefined` where the server does not know it. What was found is kept, what was not is asked again with each call.
   */
  resourceOf(kind: KindRef, signal: AbortSignal): Promise<ApiResource | undefined>;
  /** Definitions changed: asks again for every kind. */
  forget(): void;
  /**
   * `undefined` only where the server says that this very object is absent. The version is no part of an object's identity: where it is
   * no longer served, another one of the group is asked. TARGET_KIND_UNKNOWN where none serves the kind.
   */
  get(ref: ObjectRef, signal: AbortSignal): Promise<LiveObject | undefined>;
  /** Server-side apply: creates the object or changes the fields named in it. A field that its schema does not have is a TARGET_INVALID. */
  apply(object: KubernetesObject, options: ApplyOptions, signal: AbortSignal): Promise<Applied>;
  /** JSON patch. A failed `test` is a TARGET_CHANGED: guard with one of `/metadata/resourceVersion`. TARGET_CHANGED too where it is absent. */
  patch(
    ref: ObjectRef,
    steps: readonly JsonPatchStep[],
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<LiveObject>;
  /**
   * Asks for the deletion, of what it owns too, in the background. Gives what is there still, since finalizers or a grace period keep it for a while. Its absence is success; versions as
   * with `get`.
   */
  remove(ref: ObjectRef, options: RemoveOptions, signal: AbortSignal): Promise<LiveMetadata | undefined>;
  /** Metadata alone, by pages. TARGET_EXPIRED when the list was outlived by the server's history between two pages: begin again. */
  listMetadata(resource: ApiResource, options: ListOptions, signal: AbortSignal): AsyncIterable<MetadataPage>;
  /** Some objects of a kind, whole. */
  sample(resource: ApiResource, scope: SampleScope, signal: AbortSignal): Promise<readonly LiveObject[]>;
  /**
   * Every change after `from`, with bookmarks between; one of `from` itself comes first, once the server has taken the watch up. Ends where
   * the server ends it, after `minWatchMs` at least, or the connection does: go on from the last version seen. TARGET_EXPIRED where `from` is older than the
   * server's history: list again. Where it is newer, the server says nothing until its history has got there.
   */
  watchMetadata(
    resource: ApiResource,
    scope: ListScope,
    from: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent>;
  /** Ends every request and connection. */
  close(): Promise<void>;
}
