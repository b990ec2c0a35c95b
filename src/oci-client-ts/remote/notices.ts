import { printable } from './printable.ts';

/** What a registry wants a person to know (RFC 7234 section 5.5, code 299). Shown, and never acted on. */
export interface RegistryWarning {
  /** `HOST[:PORT]` that said it. */
  readonly host: string;
  readonly text: string;
}

/** How much of a registry's allowance is left, as it says; hints, which differ from registry to registry. */
export interface RateLimit {
  readonly limit?: number;
  readonly remaining?: number;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** For each host, as the distribution specification has it: more is not read. */
const maxWarningBytes = 4096;
const maxHosts = 256;

/** What answers say besides their content: warnings, each once, and the state of the allowance. */
export class Notices {
  readonly #onWarning: ((warning: RegistryWarning) => void) | undefined;
  readonly #warnings = new Map<string, Set<string>>();
  readonly #limits = new Map<string, RateLimit>();

  constructor(onWarning: ((warning: RegistryWarning) => void) | undefined) {
    this.#onWarning = onWarning;
  }

  read({ host }: URL, headers: Headers): void {
    this.#readWarnings(host, valuesOf(headers, 'warning'));
    const limit = parseRateLimit(headers);
    if (limit !== undefined) setBounded(this.#limits, host, limit);
  }

  rateLimit({ host }: URL): RateLimit | undefined {
    return this.#limits.get(host);
  }

  #readWarnings(host: string, values: readonly string[]): void {
    if (values.length === 0 || this.#onWarning === undefined) return;
    const said = this.#warnings.get(host) ?? new Set();
    setBounded(this.#warnings, host, said);
    for (const text of values.flatMap(parseWarnings)) {
      const bytes = [...said, text].reduce((sum, each) => sum + each.length, 0);
      if (said.has(text) || bytes > maxWarningBytes) continue;
      said.add(text);
      this.#onWarning({ host, text });
    }
  }
}

/** `299 - "text"`, several in one header; a text of other codes is meant for caches. */
export function parseWarnings(header: string): readonly string[] {
  if (header.length > maxWarningBytes) return [];
  const found = header.matchAll(/(?:^|,)\s*299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g);
  return [...found].map(([, text = '']) => printable(text.replace(/\\(.)/g, '$1'))).filter(Boolean);
}

/** `RateLimit-Limit: 100;w=21600`, as Docker Hub has it, or with `X-` in front. */
export function parseRateLimit(headers: Headers): RateLimit | undefined {
  const read = (name: string): number | undefined => {
    const value = valuesOf(headers, name)[0] ?? valuesOf(headers, `x-${name}`)[0] ?? '';
    const digits = /^\s*([0-9]{1,15})\s*(?:[;,]|$)/.exec(value)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const [limit, remaining] = [read('ratelimit-limit'), read('ratelimit-remaining')];
  if (limit === undefined && remaining === undefined) return undefined;
  return { ...(limit === undefined ? {} : { limit }), ...(remaining === undefined ? {} : { remaining }) };
}

function valuesOf(headers: Headers, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function setBounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxHosts && oldest !== undefined) map.delete(oldest);
}
