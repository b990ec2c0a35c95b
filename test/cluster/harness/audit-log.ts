import { randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { ClusterUser } from './cluster-user.ts';

/** Between the answer to a request and its line in the log lie milliseconds. */
const LINE_LIMIT_MS = 60_000;
const POLL_MS = 20;

const event = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  // Nobody, where the server did not believe who it was.
  user: z.object({ username: z.string().default('') }),
  impersonatedUser: z.object({ username: z.string() }).optional(),
  userAgent: z.string().optional(),
  objectRef: z
    .object({
      resource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
      subresource: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().optional() }).optional(),
});

/** One request, as https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event tells it. */
export type AuditEntry = z.infer<typeof event>;

/** A place in the log, in bytes. */
export type AuditMark = number;

/** Who asked the API server for what. */
export class AuditLog {
  readonly #path: string;
  readonly #asker: ClusterUser;

  constructor(path: string, asker: ClusterUser) {
    this.#path = path;
    this.#asker = asker;
  }

  /** The place after everything that was answered before the call. */
  async mark(): Promise<AuditMark> {
    const { size } = await stat(this.#path);
    return (await this.#readUpToNow(size)).end;
  }

  /** The requests since a mark, all that were answered before the call; of a watch its beginning. */
  async since(mark: AuditMark): Promise<readonly AuditEntry[]> {
    const { lines } = await this.#readUpToNow(mark);
    return lines
      .map((line) => event.parse(JSON.parse(line)))
      .filter((entry) => !endsWatch(entry) && !isMark(entry));
  }

  /** Asks something unmistakable and reads until that is in the log: what was answered earlier stands before it. */
  async #readUpToNow(
    from: AuditMark,
  ): Promise<{ readonly lines: readonly string[]; readonly end: AuditMark }> {
    const mark = `${markPath}${randomUUID()}`;
    await this.#asker.ask(mark);
    const deadline = performance.now() + LINE_LIMIT_MS;
    for (;;) {
      const text = await this.#textFrom(from);
      const found = text.indexOf(mark);
      const end = found === -1 ? -1 : text.indexOf('\n', found);
      if (end !== -1) {
        const lines = text.slice(0, end).split('\n').slice(0, -1);
        return { lines, end: from + Buffer.byteLength(text.slice(0, end + 1)) };
      }
      if (performance.now() > deadline) throw new Error(`${this.#path}: expected ${mark} in it, got none`);
      await setTimeout(POLL_MS);
    }
  }

  async #textFrom(start: AuditMark): Promise<string> {
    const file = await open(this.#path);
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(size - start, 0));
      await file.read(bytes, 0, bytes.byteLength, start);
      return bytes.toString();
    } finally {
      await file.close();
    }
  }
}

/** The second page of a list, or a later one: how many there are hangs on what else the cluster holds. */
export function isFurtherPage({ verb, requestURI }: AuditEntry): boolean {
  return verb === 'list' && requestURI.includes('continue=');
}

const markPath = '/version?mark=';

function isMark(entry: AuditEntry): boolean {
  return entry.requestURI.startsWith(markPath);
}

/** A watch that was opened has had its line then. */
function endsWatch(entry: AuditEntry): boolean {
  return entry.verb === 'watch' && entry.stage === 'ResponseComplete' && entry.responseStatus?.code === 200;
}
