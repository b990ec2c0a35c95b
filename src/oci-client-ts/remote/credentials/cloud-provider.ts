import type { Credential, CredentialProvider } from '../../credentials.ts';
import { type RegistryClock, systemClock } from '../clock.ts';
import { type CloudHttp, cloudHttp } from './cloud-http.ts';
import { CredentialCache } from './credential-cache.ts';

/** What every adapter of a cloud takes. */
export interface CloudOptions {
  /** Default: direct connections, verified by the system's roots. */
  readonly http?: CloudHttp;
  readonly clock?: RegistryClock;
}

/** Gives the identity token of this workload; read anew for each exchange, since files of such tokens are replaced. */
export type ReadToken = (signal: AbortSignal) => Promise<string>;

export interface CloudDesk<Place> {
  /** What the host says of itself; nothing for hosts of others. */
  readonly place: (host: string) => Place | undefined;
  /** Places that share a credential share a key. */
  readonly key: (place: Place) => string;
  readonly fetch: (place: Place, http: CloudHttp, signal: AbortSignal) => Promise<Credential>;
}

/** A provider whose credential is fetched once for all who wait, kept until nine tenths of its life are over, and not asked for while failing. */
export function cloudProvider<Place>(desk: CloudDesk<Place>, options: CloudOptions): CredentialProvider {
  const { clock = systemClock, http = cloudHttp({ clock }) } = options;
  const cache = new CredentialCache(clock);
  return {
    match: (host) => desk.place(host) !== undefined,
    async get({ host }, signal) {
      const place = desk.place(host);
      if (place === undefined) return [];
      return cache.get(desk.key(place), async (shared) => [await desk.fetch(place, http, shared)], signal);
    },
    forget(host) {
      const place = desk.place(host);
      if (place !== undefined) cache.forget(desk.key(place));
    },
  };
}
