import { createHmac } from 'node:crypto';
import type { BuildOutput } from '../../api/index.ts';
import type { BuildRequest } from '../stage/build-stage.ts';
import { collectVariables } from '../substitution/variables.ts';
import { KeptOutput } from './kept-output.ts';

interface Entry {
  readonly key: string;
  readonly kept: KeptOutput;
  /** The program that built it; `undefined` when it was built in process. */
  readonly program: string | undefined;
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
    return entry.kept.take();
  }

  keep(request: BuildRequest, { key, output, program }: Built): void {
    const name = nameOf(request);
    this.#remove(name);
    const kept = new KeptOutput(output);
    if (kept.bytes > this.#settings.limit) return;
    this.#add(name, { key, kept, program });
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#settings.limit) break;
      this.#remove(oldest);
    }
  }

  #add(name: string, entry: Entry): void {
    this.#entries.set(name, entry);
    this.#bytes += entry.kept.bytes;
  }

  #remove(name: string): void {
    this.#bytes -= this.#entries.get(name)?.kept.bytes ?? 0;
    this.#entries.delete(name);
  }
}

function nameOf({ delivery: { metadata } }: BuildRequest): string {
  return `${metadata.namespace}/${metadata.name}`;
}
