import { join } from 'node:path';
import {
  asSealiftError,
  formatRef,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  SealiftError,
  type Target,
  type WriteOptions,
} from '../../../core/index.ts';
import { manifestText } from '../../manifest-text.ts';
import { besideText, observedText } from '../../observed-text.ts';
import { fileNameOf } from '../file-name.ts';
import { removeFile, removeTemporaries, writeAtomically } from './atomic-file.ts';
import { watchDirectory } from './directory-watch.ts';
import { identityAt } from './file-identity.ts';
import { codeOf, maxManifestBytes, readPlace } from './read-place.ts';

export interface DirectoryTargetOptions {
  /** Where the objects go, one file each; made when it is missing. Files that Sealift did not write are left alone. */
  readonly directory: string;
}

/** A directory as a target: for k3s, the kubelet, a preview. Files are for their owner alone, since objects may be Secrets. */
export function createDirectoryTarget(options: DirectoryTargetOptions): Target {
  return new DirectoryTarget(options.directory);
}

class DirectoryTarget implements Target {
  readonly description: string;
  readonly #directory: string;
  /** The objects whose files are of interest to anybody, by file name. */
  readonly #refs = new Map<string, ObjectRef>();
  /** What our last write left, by file name: the watch sees it too, and it is nobody's drift. */
  readonly #written = new Map<string, string>();
  #cleaned: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    this.description = `directory ${directory}`;
  }

  async observe(
    ref: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
    ignored: readonly string[] = [],
  ): Promise<Observation> {
    signal.throwIfAborted();
    const name = this.#nameOf(ref);
    try {
      const place = await readPlace(join(this.#directory, name));
      return place.kind === 'text' ? observedText(ref, place.text, { desired, ignored }) : place;
    } catch (failure) {
      throw this.#fault(ref, 'read', failure);
    }
  }

  /** Files are always replaced as a whole: there is nothing that would need a recreation. */
  async write(object: KubernetesObject, { ignored = [] }: WriteOptions, signal: AbortSignal): Promise<void> {
    const ref = refOf(object);
    await this.#clean(signal);
    const name = this.#nameOf(ref);
    const text = manifestText(ignored.length === 0 ? object : await this.#beside(object, name, ignored));
    const size = Buffer.byteLength(text);
    if (size > maxManifestBytes) {
      const detail = `expected at most ${maxManifestBytes} bytes of YAML, got ${size}`;
      throw new SealiftError('TARGET_FAILED', formatRef(ref), detail);
    }
    try {
      this.#written.set(name, await writeAtomically(this.#directory, name, text));
    } catch (failure) {
      throw this.#fault(ref, 'written', failure);
    }
  }

  async #beside(
    object: KubernetesObject,
    name: string,
    ignored: readonly string[],
  ): Promise<KubernetesObject> {
    try {
      const place = await readPlace(join(this.#directory, name));
      return place.kind === 'text' ? besideText(object, place.text, ignored) : object;
    } catch (failure) {
      throw this.#fault(refOf(object), 'read', failure);
    }
  }

  async remove(ref: ObjectRef, signal: AbortSignal): Promise<undefined> {
    await this.#clean(signal);
    const name = this.#nameOf(ref);
    try {
      await removeFile(this.#directory, name);
    } catch (failure) {
      throw this.#fault(ref, 'removed', failure);
    }
    this.#refs.delete(name);
    this.#written.delete(name);
  }

  async watch(changed: (ref: ObjectRef | undefined) => void, signal: AbortSignal): Promise<void> {
    const listener = async (names: ReadonlySet<string> | undefined): Promise<void> => {
      if (names === undefined) changed(undefined);
      else await this.#tell(names, changed);
    };
    try {
      await watchDirectory(this.#directory, listener, signal);
    } catch (failure) {
      throw asSealiftError(failure, this.description, 'TARGET_FAILED');
    }
  }

  async #tell(names: ReadonlySet<string>, changed: (ref: ObjectRef) => void): Promise<void> {
    for (const name of names) {
      const ref = this.#refs.get(name);
      if (ref === undefined) continue;
      const found = await identityAt(join(this.#directory, name));
      if (found === undefined || found !== this.#written.get(name)) changed(ref);
    }
  }

  /** Before the first change, not before the first look: who only looks changes nothing. */
  async #clean(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#cleaned ??= removeTemporaries(this.#directory);
    await this.#cleaned;
    signal.throwIfAborted();
  }

  #nameOf(ref: ObjectRef): string {
    const name = fileNameOf(ref);
    this.#refs.set(name, ref);
    return name;
  }

  #fault(ref: ObjectRef, act: string, failure: unknown): SealiftError {
    const detail = `cannot be ${act} in ${this.description} (${codeOf(failure) ?? wordsOf(failure)})`;
    return new SealiftError('TARGET_FAILED', formatRef(ref), detail, { cause: failure });
  }
}

function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
