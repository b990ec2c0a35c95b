import { releaseSource } from '../abortable.ts';
import { asReferrer } from '../as-referrer.ts';
import { checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { maxManifestBytes, parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-types.ts';
import { isTag } from '../name-grammar.ts';
import { serialQueue } from '../serial-queue.ts';
import type {
  Fetcher,
  Mounter,
  Operation,
  PushOptions,
  Resolution,
  Resumer,
  Store,
  Transfer,
  Validator,
} from '../store.ts';
import { vouch } from '../vouched.ts';
import { confirmManifest } from './confirm-manifest.ts';
import { fetchBlob, fetchContent, hasContent } from './contents.ts';
import { contentPath, Endpoint, type RemoteRepositoryOptions } from './endpoint.ts';
import { listInFallback, unlistInFallback } from './fallback-referrers.ts';
import { putManifest } from './manifest-upload.ts';
import { getManifest } from './manifests.ts';
import { resolveManifest } from './polls.ts';
import { hasReferrersApi, listReferrers, type ReferrerQuery } from './referrer-list.ts';
import { listTags } from './tag-list.ts';
import { mountBlob, type UploadPlace } from './upload-session.ts';
import { uploadBlob } from './uploads.ts';

/** Uploads that are begun and not used cost the registry something, and it forgets them by itself. */
const maxBegun = 100;

/** One repository of a registry, by the OCI distribution API. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export class RemoteRepository implements Store, Resumer, Mounter {
  readonly #endpoint: Endpoint;
  /** The fallback list is read, changed and written: within one process, one change after the other. */
  readonly #inTurn = serialQueue();
  /** Uploads that a refused mount has begun, by digest. */
  readonly #begun = new Map<string, UploadPlace>();

  /** Does no I/O. @throws OciError `invalid` for a host or repository outside the grammar. */
  constructor(options: RemoteRepositoryOptions) {
    this.#endpoint = new Endpoint(options);
  }

  resolve(reference: string, options: Operation & { readonly known?: Validator } = {}): Promise<Resolution> {
    return resolveManifest(this.#endpoint, reference, options);
  }

  fetch(descriptor: Descriptor, options: Transfer = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return vouch(fetchContent(this.#endpoint, descriptor, options));
  }

  fetchRest(
    descriptor: Descriptor,
    known: AsyncIterable<Uint8Array>,
    options: Transfer = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    return vouch(fetchBlob(this.#endpoint, descriptor, { ...options, known }));
  }

  exists(descriptor: Descriptor, options: Operation = {}): Promise<boolean> {
    return hasContent(this.#endpoint, descriptor, options);
  }

  async push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: PushOptions = {},
  ): Promise<void> {
    try {
      if (isManifestType(descriptor.mediaType)) await this.#pushManifest(descriptor, content, options);
      else await this.#pushBlob(descriptor, content, options);
    } finally {
      releaseSource(content);
    }
  }

  /** Between repositories of one registry. What a registry makes of a mount that it refuses is used by the push that follows. */
  async mount(descriptor: Descriptor, from: Fetcher, options: Operation = {}): Promise<boolean> {
    if (!(from instanceof RemoteRepository) || isManifestType(descriptor.mediaType)) return false;
    const { host, repository } = from.#endpoint;
    const endpoint = this.#endpoint;
    if (host !== endpoint.host || repository === endpoint.repository) return false;
    const { digest } = descriptor;
    const about = { subject: endpoint.name(digest), signal: options.signal };
    const mounted = await mountBlob(endpoint, { digest, from: repository }, about);
    if (typeof mounted === 'object' && this.#begun.size < maxBegun) this.#begun.set(digest, mounted);
    return mounted === 'mounted';
  }

  async tag(descriptor: Descriptor, tag: string, options: Operation = {}): Promise<void> {
    if (!isTag(tag))
      throw new OciError('invalid', `tag ${JSON.stringify(tag.slice(0, 140))}`, 'expected a tag');
    const content = await this.#manifestContent(descriptor, this.fetch(descriptor, options));
    await putManifest(this.#endpoint, {
      reference: tag,
      mediaType: descriptor.mediaType,
      content,
      digest: descriptor.digest,
      signal: options.signal,
    });
  }

  tags(options: Operation = {}): AsyncGenerator<string, void, undefined> {
    return listTags(this.#endpoint, options);
  }

  referrers(subject: Descriptor, options: ReferrerQuery = {}): AsyncGenerator<Descriptor, void, undefined> {
    return listReferrers(this.#endpoint, subject, options);
  }

  async delete(descriptor: Descriptor, options: Operation = {}): Promise<void> {
    const endpoint = this.#endpoint;
    const subject = isManifestType(descriptor.mediaType)
      ? await this.#subjectOf(descriptor, options)
      : undefined;
    const call = {
      method: 'DELETE',
      to: contentPath(descriptor),
      rights: ['delete'],
      subject: endpoint.name(descriptor.digest),
      signal: options.signal,
    } as const;
    await endpoint.request(call, async (answer) => {
      if (answer.status !== 404) await answer.expect(202, 200, 204);
    });
    if (subject !== undefined) {
      await this.#inTurn(() => unlistInFallback(endpoint, subject, descriptor.digest, options));
    }
  }

  async #pushBlob(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: PushOptions,
  ): Promise<void> {
    const begun = this.#begun.get(descriptor.digest);
    this.#begun.delete(descriptor.digest);
    if (begun === undefined && (await this.#isThere(descriptor, options))) return;
    await uploadBlob(this.#endpoint, descriptor, content, { ...options, begun });
  }

  async #pushManifest(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: PushOptions,
  ): Promise<void> {
    const { digest, mediaType } = descriptor;
    const bytes = await this.#manifestContent(descriptor, content);
    const manifest = parseManifest(bytes, mediaType);
    const { subject } = manifest;
    // A manifest with a subject is sent even when it is there: only the answer tells whether it is listed.
    if (subject === undefined && (await this.#isThere(descriptor, options))) return;
    const upload = { reference: digest, mediaType, content: bytes, digest, signal: options.signal };
    const { listed } = await putManifest(this.#endpoint, upload);
    await confirmManifest(this.#endpoint, descriptor, options);
    if (subject === undefined) return;
    if (listed && (await hasReferrersApi(this.#endpoint, subject.digest, options))) return;
    const entry = asReferrer(descriptor, manifest);
    await this.#inTurn(() => listInFallback(this.#endpoint, subject.digest, entry, options));
  }

  async #isThere(descriptor: Descriptor, options: PushOptions): Promise<boolean> {
    return !options.absent && hasContent(this.#endpoint, descriptor, { ...options, forPush: true });
  }

  async #manifestContent(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
  ): Promise<Uint8Array> {
    return readAll(
      checkedContent(content, descriptor),
      maxManifestBytes,
      this.#endpoint.name(descriptor.digest),
    );
  }

  async #subjectOf(descriptor: Descriptor, { signal }: Operation): Promise<string | undefined> {
    try {
      const found = await getManifest(this.#endpoint, descriptor.digest, { signal });
      return found.manifest.subject?.digest;
    } catch (error) {
      if (error instanceof OciError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}
