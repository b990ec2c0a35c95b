import { canonicalHost } from '../canonical-host.ts';
import { healsWithTime, OciError } from '../errors.ts';
import type { Answer } from './answer.ts';
import type { RegistryClock } from './clock.ts';
import {
  continuesAt,
  isWrite,
  type MirrorCapability,
  type MirrorPlace,
  mirrorRequest,
  neededCapability,
} from './mirror-rule.ts';
import type { RegistryRequest } from './registry-request.ts';

/** A transport of the mirror's own: its credentials, its connections. */
export interface MirrorTransport {
  once<T>(request: RegistryRequest, read: (answer: Answer) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Mirror extends MirrorPlace {
  readonly capabilities: readonly MirrorCapability[];
  readonly transport: MirrorTransport;
}

/** The mirrors of one host, in the order in which they are tried. */
export interface MirrorRoute {
  readonly mirrors: readonly Mirror[];
  /** True: the host itself is asked when no mirror has it. */
  readonly fallback: boolean;
}

interface Asked {
  readonly route: MirrorRoute;
  readonly request: RegistryRequest;
  readonly needed: MirrorCapability;
}

interface Failure {
  readonly kind: 'failure';
  readonly error: OciError;
  /** It was asked, and has not got it. */
  readonly isAbsence: boolean;
}

interface Rest {
  readonly until: number;
  readonly strikes: number;
  readonly error: OciError;
}

/** A mirror that is down is left alone this long, then twice as long, up to the maximum. */
const firstRestMs = 1_000;
const maxRestMs = 60_000;

/** A publisher writes to some few repositories. */
const maxWritten = 1024;

const goodStatuses: ReadonlySet<number> = new Set([200, 206, 304]);

/** Tries mirrors in turn: one that has not got it is passed over, one that fails is left alone for a while. */
export class Mirrors {
  readonly #clock: RegistryClock;
  readonly #routes: ReadonlyMap<string, MirrorRoute>;
  readonly #rests = new Map<Mirror, Rest>();
  /** Repositories that were written to: their tags and lists are read where they were written, since a mirror may be behind. */
  readonly #written = new Set<string>();

  constructor(clock: RegistryClock, routes: ReadonlyMap<string, MirrorRoute>) {
    this.#clock = clock;
    this.#routes = routes;
  }

  standFor(host: string): boolean {
    return this.#routes.has(canonicalHost(host));
  }

  /** The answer of the first mirror that has it, else of `upstream` where that may be asked. @throws OciError. */
  async send<T>(
    request: RegistryRequest,
    read: (answer: Answer) => Promise<T>,
    upstream: () => Promise<T>,
  ): Promise<T> {
    const route = this.#routes.get(canonicalHost(request.access.host));
    if (route === undefined) return upstream();
    // The next page of a list comes from where the first came from.
    const page = route.mirrors.find((mirror) => isLister(mirror) && continuesAt(request, mirror));
    if (page !== undefined) return this.#ask(page, request, read);
    const needed = this.#needed(request);
    if (needed === undefined) return upstream();
    return this.#inTurn({ route, request, needed }, read, upstream);
  }

  #needed(request: RegistryRequest): MirrorCapability | undefined {
    const name = `${request.access.host}/${request.access.repository}`;
    if (isWrite(request.method) && this.#written.size < maxWritten) this.#written.add(name);
    const needed = neededCapability(request);
    return needed === 'resolve' && this.#written.has(name) ? undefined : needed;
  }

  async #inTurn<T>(
    { route, request, needed }: Asked,
    read: (answer: Answer) => Promise<T>,
    upstream: () => Promise<T>,
  ): Promise<T> {
    const mirrors = route.mirrors.filter(({ capabilities }) => capabilities.includes(needed));
    const failures: Failure[] = [];
    for (const [at, mirror] of mirrors.entries()) {
      const last =
        !route.fallback && at === mirrors.length - 1 && failures.every(({ isAbsence }) => isAbsence);
      const found = await this.#tryOne(mirror, request, read, last);
      if (found.kind === 'answer') return found.value;
      failures.push(found);
    }
    if (route.fallback) return upstream();
    // That a mirror does not hold something says nothing; that it failed is told.
    const told = failures.find(({ isAbsence }) => !isAbsence) ?? failures[0];
    throw told?.error ?? nobody(request, needed);
  }

  async close(): Promise<void> {
    const all = [...this.#routes.values()].flatMap(({ mirrors }) => mirrors);
    await Promise.all(all.map(({ transport }) => transport.close()));
  }

  async #tryOne<T>(
    mirror: Mirror,
    request: RegistryRequest,
    read: (answer: Answer) => Promise<T>,
    last: boolean,
  ): Promise<{ kind: 'answer'; value: T } | Failure> {
    const rest = this.#restOf(mirror);
    if (rest !== undefined) return { kind: 'failure', error: rest.error, isAbsence: false };
    let isAbsence = false;
    const readHere = async (answer: Answer): Promise<T> => {
      isAbsence = (request.isAbsence ?? isNotFound)(answer);
      // The last that can be asked gives its answer as it is; what it means is for `read` to say.
      if (!last && !goodStatuses.has(answer.status)) await answer.expect(200);
      return read(answer);
    };
    try {
      const value = await this.#ask(mirror, request, readHere);
      this.#rests.delete(mirror);
      return { kind: 'answer', value };
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      this.#learn(mirror, error);
      return { kind: 'failure', error, isAbsence };
    }
  }

  #restOf(mirror: Mirror): Rest | undefined {
    const rest = this.#rests.get(mirror);
    return rest !== undefined && this.#clock.monotonic() < rest.until ? rest : undefined;
  }

  #ask<T>(mirror: Mirror, request: RegistryRequest, read: (answer: Answer) => Promise<T>): Promise<T> {
    return mirror.transport.once(mirrorRequest(request, mirror), (answer) => {
      const { subject } = request;
      answer.comesFrom({ name: mirror.host, distrust: (guilt) => this.#distrust(mirror, subject, guilt) });
      return read(answer);
    });
  }

  /** Wrong bytes do not get right by asking again: the others have their turn, for as long as a dead mirror would be left alone. */
  #distrust(mirror: Mirror, subject: string, guilt: 'proven' | 'possible'): void {
    const error = new OciError(
      'digest-mismatch',
      `${subject} from mirror ${mirror.host}`,
      'expected content of its digest, got other bytes',
    );
    const wait = guilt === 'proven' ? maxRestMs : firstRestMs;
    this.#rests.set(mirror, { until: this.#clock.monotonic() + wait, strikes: 1, error });
  }

  #learn(mirror: Mirror, error: OciError): void {
    // It was distrusted while its answer was read.
    if (this.#restOf(mirror) !== undefined) return;
    if (!healsWithTime(error.code)) {
      this.#rests.delete(mirror);
      return;
    }
    const strikes = (this.#rests.get(mirror)?.strikes ?? 0) + 1;
    const wait = error.details.retryAfterMs ?? Math.min(maxRestMs, firstRestMs * 2 ** (strikes - 1));
    this.#rests.set(mirror, { until: this.#clock.monotonic() + wait, strikes, error });
  }
}

const isLister = ({ capabilities }: Mirror): boolean => capabilities.includes('resolve');

const isNotFound = ({ status }: Answer): boolean => status === 404;

function nobody({ subject, access }: RegistryRequest, needed: MirrorCapability): OciError {
  const detail = `expected a mirror of ${access.host} with capability ${needed}, got none, and fallback is off`;
  return new OciError('unsupported', subject, detail);
}
