import { readYaml, type YamlReading } from '../yaml/yaml-readings.ts';

/** What kustomize printed, read while it ends where it had printed all by then: a large build takes as long for that as reading does. */
export class PrintedDocuments {
  readonly #name: string;
  #ahead: { readonly length: number; readonly documents: Iterable<YamlReading> } | undefined;

  /** `name`: of what was built, for messages. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Reads what may be all of the output. */
  readAhead(stdout: Uint8Array): void {
    try {
      this.#ahead = { length: stdout.length, documents: this.#read(stdout) };
    } catch {
      // It is read again when it is asked for, and what is thrown then reaches who asks.
    }
  }

  /** The documents of the whole output. */
  of(stdout: Uint8Array): Iterable<YamlReading> {
    const { length, documents } = this.#ahead ?? {};
    return documents !== undefined && length === stdout.length ? documents : this.#read(stdout);
  }

  #read(stdout: Uint8Array): Iterable<YamlReading> {
    return readYaml(`kustomize build of ${this.#name}`, new TextDecoder().decode(stdout), 'printed');
  }
}
