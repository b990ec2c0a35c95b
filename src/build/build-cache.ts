import { createHmac } from 'node:crypto';
import type { BuildOutput } from '../api/index.ts';
import { formatJson } from '../core/index.ts';
import type { BuildRequest } from './build-stage.ts';
import { isList, isObject, type JsonValue } from './json-value.ts';
import { collectVariables } from './variables.ts';

/** A result as it is kept: one text takes half as much memory as its objects, or less where these hold on to the file that they were read from. */
type Kept = { readonly text: string } | { readonly output: BuildOutput };

interface Entry {
  readonly key: string;
  readonly kept: Kept;
  /** The program that built it; `undefined` when it was built in process. */
  readonly program: string | undefined;
  readonly bytes: number;
}

/** A whole number beyond 2^53 is digits in JSON, and would come back as another one. */
function holdsBigint(value: JsonValue): boolean {
  if (isList(value)) return value.some(holdsBigint);
  return isObject(value) ? Object.values(value).some(holdsBigint) : typeof value === 'bigint';
}

function pack(output: BuildOutput): Pick<Entry, 'kept' | 'bytes'> {
  const text = formatJson(output);
  const kept = holdsBigint(output.objects as unknown as JsonValue) ? { output } : { text };
  return { kept, bytes: 2 * text.length };
}

function unpack(kept: Kept): BuildOutput {
  return 'text' in kept ? JSON.parse(kept.text) : kept.output;
}

type Built = Pick<Entry, 'key' | 'program'> & { readonly output: BuildOutput };

export interface CacheSettings {
  /** Bytes of all results together: of two for each character, which is what the longest take. */
  readonly limit: number;
  /** Random, of this process alone: what goes into a key cannot be guessed from it. */
  readonly secret: Uint8Array;
}

/** Keeps the last result of each delivery, in memory alone; the one that was asked for longest ago goes first. */
export class BuildCache {
  readonly #settings: CacheSettings;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(settings: CacheSettings) {
    this.#settings = settings;
  }

  /**
   * All that a result depends on but the program, hashed with the secret of this process. `undefined` for a delivery that decrypts: what it
   * yields is not kept, and keys may change.
   * @throws SealiftError as the build itself would, for values that are not there.
   */
  keyOf({ delivery, artifact, desired }: BuildRequest): string | undefined {
    const { metadata, spec } = delivery;
    if (spec.decryption !== undefined) return undefined;
    const { digest, root, revision } = artifact;
    const variables = [...collectVariables(delivery, desired)];
    const parts = [digest, root, revision, metadata.annotations, spec, variables];
    return createHmac('sha256', this.#settings.secret).update(JSON.stringify(parts)).digest('hex');
  }

  /** The last result of this delivery, if it was built from the same; `program` identifies kustomize as it is now, asked only when needed. */
  async find(
    request: BuildRequest,
    key: string,
    program: () => Promise<string | undefined>,
  ): Promise<BuildOutput | undefined> {
    const name = nameOf(request);
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.key !== key) return undefined;
    if (entry.program !== undefined && entry.program !== (await program())) return undefined;
    this.#remove(name);
    this.#add(name, entry);
    return unpack(entry.kept);
  }

  keep(request: BuildRequest, { key, output, program }: Built): void {
    const name = nameOf(request);
    this.#remove(name);
    const { kept, bytes } = pack(output);
    if (bytes > this.#settings.limit) return;
    this.#add(name, { key, kept, program, bytes });
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#settings.limit) break;
      this.#remove(oldest);
    }
  }

  #add(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
    this.#bytes += entry.bytes;
  }

  #remove(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }
}

function nameOf({ delivery: { metadata } }: BuildRequest): string {
  return `${metadata.namespace}/${metadata.name}`;
}
