import { randomUUID } from 'node:crypto';
import type { GrowingBlob, LayoutBlobs } from '../layout/layout-blobs.ts';
import { serialQueue } from '../serial-queue.ts';
import { ApiError } from './api-error.ts';

export interface UploadLimits {
  /** Uploads open at the same time; each holds a file. */
  readonly maxSessions: number;
  /** Milliseconds without a request after which an upload is dropped. */
  readonly idleMs: number;
}

export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly blob: GrowingBlob;
  /** Runs one request of this upload; one that is still running is cut off first: its client has given up on it. */
  take<T>(request: { destroy(): unknown }, act: () => Promise<T>): Promise<T>;
}

interface Entry extends UploadSession {
  usedAt: number;
  isBusy: boolean;
}

/** Uploads that came in part; their bytes are on disk. */
export class UploadSessions {
  readonly #blobs: LayoutBlobs;
  readonly #limits: UploadLimits;
  readonly #sessions = new Map<string, Entry>();
  readonly #sweep: NodeJS.Timeout;
  #opening = 0;

  constructor(blobs: LayoutBlobs, limits: UploadLimits) {
    this.#blobs = blobs;
    this.#limits = limits;
    this.#sweep = setInterval(() => void this.#dropIdle(), Math.max(limits.idleMs / 4, 10));
    this.#sweep.unref();
  }

  /** @throws ApiError 429 when too many are open; OciError `unsupported` for an algorithm. */
  async open(repository: string, algorithm = 'sha256'): Promise<UploadSession> {
    if (this.#sessions.size + this.#opening >= this.#limits.maxSessions) {
      throw new ApiError(
        429,
        'TOOMANYREQUESTS',
        `expected at most ${this.#limits.maxSessions} open uploads`,
        {
          headers: { 'retry-after': '10' },
        },
      );
    }
    this.#opening += 1;
    try {
      const session = createEntry(repository, await this.#blobs.receive(algorithm));
      this.#sessions.set(session.id, session);
      return session;
    } finally {
      this.#opening -= 1;
    }
  }

  /** @throws ApiError 404. */
  find(repository: string, id: string): UploadSession {
    const session = this.#sessions.get(id);
    if (session?.repository === repository) return session;
    throw new ApiError(404, 'BLOB_UPLOAD_UNKNOWN', `upload ${id.slice(0, 80)}: unknown or expired`);
  }

  /** Ends an upload whose content was accepted or is not wanted any more. */
  async drop({ id, blob }: UploadSession): Promise<void> {
    this.#sessions.delete(id);
    await blob.discard();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#sessions.values()].map((session) => this.drop(session)));
  }

  async #dropIdle(): Promise<void> {
    const oldest = performance.now() - this.#limits.idleMs;
    const idle = [...this.#sessions.values()].filter(({ isBusy, usedAt }) => !isBusy && usedAt < oldest);
    await Promise.allSettled(idle.map((session) => this.drop(session)));
  }
}

function createEntry(repository: string, blob: GrowingBlob): Entry {
  const queue = serialQueue();
  let running: { destroy(): unknown } | undefined;
  const entry: Entry = {
    id: randomUUID(),
    repository,
    blob,
    usedAt: performance.now(),
    isBusy: false,
    take: (request, act) => {
      running?.destroy();
      return queue(async () => {
        running = request;
        entry.isBusy = true;
        try {
          return await act();
        } finally {
          entry.isBusy = false;
          entry.usedAt = performance.now();
          running = undefined;
        }
      });
    },
  };
  return entry;
}
