import { releaseSource } from '../abortable.ts';
import { checkedContent, readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { OciError } from '../errors.ts';
import { maxManifestBytes, parseManifest } from '../manifest.ts';
import { isManifestType } from '../media-types.ts';
import { isTag } from '../name-grammar.ts';
import { asReferrer } from '../referrer-list.ts';
import { serialQueue } from '../serial-queue.ts';
import type { Operation, Resolution, Resumer, Store, Transfer, Validator } from '../store.ts';
import { fetchBlob, fetchContent, hasContent } from './contents.ts';
import { contentPath, Endpoint, type RemoteRepositoryOptions } from './endpoint.ts';
import { listInFallback, unlistInFallback } from './fallback-referrers.ts';
import { putManifest } from './manifest-upload.ts';
import { getManifest } from './manifests.ts';
import { resolveManifest } from './polls.ts';
import { listReferrers, type ReferrerQuery } from './referrer-list.ts';
import { listTags } from './tag-list.ts';
import { uploadBlob } from './uploads.ts';

/** One repository of a registry, by the OCI distribution API. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export class RemoteRepository implements Store, Resumer {
  readonly #endpoint: Endpoint;
  /** The fallback list is read, changed and written: within one process, one change after the other. */
  readonly #inTurn = serialQueue();

  /** Does no I/O. @throws OciError `invalid` for a host or repository outside the grammar. */
  constructor(options: RemoteRepositoryOptions) {
    this.#endpoint = new Endpoint(options);
  }

  resolve(reference: string, options: Operation & { readonly known?: Validator } = {}): Promise<Resolution> {
    return resolveManifest(this.#endpoint, reference, options);
  }

  fetch(descriptor: Descriptor, options: Transfer = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return fetchContent(this.#endpoint, descriptor, options);
  }

  fetchRest(
    descriptor: Descriptor,
    known: AsyncIterable<Uint8Array>,
    options: Transfer = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    return fetchBlob(this.#endpoint, descriptor, { ...options, known });
  }

  exists(descriptor: Descriptor, options: Operation = {}): Promise<boolean> {
    return hasContent(this.#endpoint, descriptor, options);
  }

  async push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: Operation = {},
  ): Promise<void> {
    if (isManifestType(descriptor.mediaType)) return this.#pushManifest(descriptor, content, options);
    if (await hasContent(this.#endpoint, descriptor, { ...options, forPush: true })) {
      releaseSource(content);
      return;
    }
    await uploadBlob(this.#endpoint, descriptor, content, options);
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

  async #pushManifest(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options: Operation,
  ): Promise<void> {
    const { digest, mediaType } = descriptor;
    const bytes = await this.#manifestContent(descriptor, content);
    const manifest = parseManifest(bytes, mediaType);
    const { subject } = manifest;
    // A manifest with a subject is sent even when it is there: only the answer tells whether it is listed.
    if (
      subject === undefined &&
      (await hasContent(this.#endpoint, descriptor, { ...options, forPush: true }))
    )
      return;
    const upload = { reference: digest, mediaType, content: bytes, digest, signal: options.signal };
    const { listed } = await putManifest(this.#endpoint, upload);
    if (subject === undefined || listed) return;
    const entry = asReferrer(descriptor, manifest);
    await this.#inTurn(() => listInFallback(this.#endpoint, subject.digest, entry, options));
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
