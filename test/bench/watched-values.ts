import { once } from 'node:events';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import type { Credentials } from '../cluster/harness/kubeconfig.ts';

interface WatchLine {
  readonly type: string;
  readonly object: {
    readonly metadata: { readonly name: string };
    readonly data?: Readonly<Record<string, string>>;
  };
}

/** What a watch of one's own says of a key of ConfigMaps. */
export class WatchedValues {
  readonly #key: string;
  readonly #stop = new AbortController();
  readonly #waiting = new Map<string, (value: string | undefined, at: number) => void>();

  constructor(key: string) {
    this.#key = key;
  }

  /** Watches a collection from now on. */
  async open({ server, authority, token }: Credentials, path: string): Promise<void> {
    const sent = request(new URL(`${path}?watch=true&resourceVersion=0&timeoutSeconds=3600`, server), {
      ca: authority,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      agent: false,
      signal: this.#stop.signal,
    });
    sent.end();
    const [answer] = await once(sent, 'response');
    sent.on('error', () => undefined);
    answer.on('error', () => undefined);
    createInterface({ input: answer })
      .on('line', (line) => this.#take(`${path}/`, JSON.parse(line)))
      .on('error', () => undefined);
  }

  /** When the object is seen with the value again, having been seen without it; on the clock of `performance`. */
  repaired(path: string, value: string, limitMs: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let isHurt = false;
    const timer = setTimeout(() => reject(new Error(`${path}: not repaired within ${limitMs} ms`)), limitMs);
    this.#waiting.set(path, (found, at) => {
      if (found !== value) isHurt = true;
      else if (isHurt) resolve(at);
    });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(path);
    });
  }

  close(): void {
    this.#stop.abort();
  }

  #take(prefix: string, { type, object }: WatchLine): void {
    const value = type === 'DELETED' ? undefined : object.data?.[this.#key];
    this.#waiting.get(`${prefix}${object.metadata.name}`)?.(value, performance.now());
  }
}
