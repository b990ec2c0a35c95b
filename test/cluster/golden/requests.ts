import type { AuditEntry } from '../harness/audit-log.ts';

/** Requests of the same kind. */
export interface RecordedRequest {
  /** As in `patch deployments`. */
  readonly name: string;
  readonly isWrite: boolean;
  readonly count: number;
}

const writing: ReadonlySet<string> = new Set(['create', 'patch', 'update', 'delete']);

interface Asked {
  readonly verb: string;
  readonly isTrial: boolean;
  /** Of the answer. */
  readonly status: number;
}

/** Trials and what was refused are none. */
export function isWrite({ verb, isTrial, status }: Asked): boolean {
  return writing.has(verb) && !isTrial && Math.floor(status / 100) === 2;
}

/** What somebody asked the API server; not the watches, and not how it was found out which kinds there are. */
export function requestsOf(user: string, entries: readonly AuditEntry[]): readonly RecordedRequest[] {
  return entries
    .filter(({ user: { username }, verb }) => username === user && verb !== 'watch')
    .flatMap(({ verb, requestURI, objectRef, responseStatus }) => {
      const asked = { verb, isTrial: requestURI.includes('dryRun='), status: responseStatus?.code ?? 0 };
      const { resource } = objectRef ?? {};
      return resource === undefined
        ? []
        : [{ name: `${verb} ${resource}`, isWrite: isWrite(asked), count: 1 }];
    });
}
