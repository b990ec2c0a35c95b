import { createHmac } from 'node:crypto';
import type { BuildOutput } from '../api/index.ts';
import type { BuildRequest } from './build-stage.ts';
import { isList, isObject, type JsonValue } from './json-value.ts';
import { collectVariables } from './variables.ts';

/** What a value costs in memory beside its characters, about. */
const bytesPerValue = 48;

function weigh(value: JsonValue): number {
  if (typeof value === 'string') return bytesPerValue + value.length;
  if (isList(value)) return value.reduce<number>((sum, item) => sum + weigh(item), bytesPerValue);
  if (!isObject(value)) return bytesPerValue;
  return Object.values(value).reduce<number>((sum, item) => sum + weigh(item), bytesPerValue);
}

interface Entry {
  readonly key: string;
  readonly output: BuildOutput;
  /** The program that built it; `undefined` when it was built in process. */
  readonly program: string | undefined;
  readonly bytes: number;
}

export interface CacheSettings {
  /** Bytes of all results together, about. */
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
    return entry.output;
  }

  keep(request: BuildRequest, { key, output, program }: Omit<Entry, 'bytes'>): void {
    const name = nameOf(request);
    this.#remove(name);
    const bytes = weigh(output.objects as unknown as JsonValue);
    if (bytes > this.#settings.limit) return;
    this.#add(name, { key, output, program, bytes });
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
