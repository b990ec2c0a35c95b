import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkedContent,
  type Fetcher,
  type ImageLayout,
  OciError,
  openLayout,
  type Resumer,
} from '../index.ts';
import { blobOf, type Content } from '../store-contract.ts';
import { placeMark } from './process-place.ts';

const size = 100_000;
const blob = blobOf(Array.from({ length: size / 10 }, (_, at) => `${at}`.padStart(10, '0')).join(''));
const hour = 60 * 60 * 1000;
const away = new OciError('unreachable', 'registry', 'connection cut');

/** Gives a blob in pieces, breaks where it is told to, and notes from which byte it was asked. */
class BreakingSource implements Fetcher, Resumer {
  readonly asked: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #breaks: number[];
  readonly #failure: unknown;

  constructor(breaks: readonly number[] = [], bytes: Uint8Array = blob.bytes, failure: unknown = away) {
    this.#bytes = bytes;
    this.#breaks = [...breaks];
    this.#failure = failure;
  }

  fetch(): AsyncIterable<Uint8Array> {
    return this.#from(0);
  }

  async *fetchRest(
    descriptor: Content['descriptor'],
    known: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const chunk of known) parts.push(chunk);
    const start = Buffer.concat(parts);
    for await (const chunk of this.#from(start.byteLength)) {
      parts.push(chunk);
      yield chunk;
    }
    for await (const _ of checkedContent(Buffer.concat(parts), descriptor));
  }

  async *#from(start: number): AsyncGenerator<Uint8Array> {
    this.asked.push(start);
    const end = this.#breaks.shift() ?? this.#bytes.byteLength;
    for (let at = start; at < end; at += 1000) yield this.#bytes.subarray(at, Math.min(at + 1000, end));
    if (end < this.#bytes.byteLength) throw this.#failure;
  }
}

describe('a pull into a layout', () => {
  let directory: string;
  let layout: ImageLayout;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'oci-partial-'));
    layout = await openLayout(directory);
  });
  afterEach(async () => rm(directory, { recursive: true }));

  const incoming = (): string => join(directory, '.incoming');
  const pull = (source: Fetcher & Resumer, signal?: AbortSignal): Promise<void> =>
    layout.repository().pull(blob.descriptor, source, signal === undefined ? {} : { signal });
  const stored = (): Promise<Buffer> =>
    readFile(join(directory, 'blobs', ...blob.descriptor.digest.split(':')));
  const partial = async (): Promise<string> => join(incoming(), (await readdir(incoming()))[0] ?? 'none');
  /** As a process would leave it that was killed `age` milliseconds ago. */
  async function leave(bytes: Uint8Array, age = 0, digest = blob.descriptor.digest): Promise<string> {
    const name = `partial-${digest.replace(':', '-')}-${await placeMark()}-${process.pid}-${crypto.randomUUID()}`;
    await writeFile(join(incoming(), name), bytes);
    const at = (Date.now() - age) / 1000;
    await utimes(join(incoming(), name), at, at);
    return name;
  }

  it('goes on behind what came before the link broke, again and again', async () => {
    const source = new BreakingSource([30_000, 70_000]);
    await expect(pull(source)).rejects.toThrow(away);
    expect(await layout.blobs.size(blob.descriptor.digest)).toBeUndefined();
    await expect(pull(source)).rejects.toThrow(away);
    expect(await readdir(incoming())).toHaveLength(1);
    await pull(source);
    expect(source.asked).toEqual([0, 30_000, 70_000]);
    expect((await stored()).equals(blob.bytes)).toBe(true);
    expect(await readdir(incoming())).toEqual([]);
  });

  it('keeps the part under the name of the digest, and shows it to nobody as a blob', async () => {
    await expect(pull(new BreakingSource([50_000]))).rejects.toThrow(away);
    expect(await partial()).toContain(blob.descriptor.digest.replace(':', '-'));
    expect(await layout.repository().exists(blob.descriptor)).toBe(false);
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toEqual([]);
  });

  it('keeps the part when it is told to stop, and when no byte more came', async () => {
    const stop = new AbortController();
    const source = new BreakingSource([40_000], blob.bytes, new Error('stopped'));
    const stopping = new BreakingSource([40_000]);
    await expect(pull(stopping)).rejects.toThrow(away);
    stop.abort(new Error('stopped'));
    await expect(pull(source, stop.signal)).rejects.toThrow('stopped');
    await expect(pull(new BreakingSource([40_000]))).rejects.toThrow(away);
    expect(await readdir(incoming())).toHaveLength(1);
    const last = new BreakingSource();
    await pull(last);
    expect(last.asked).toEqual([40_000]);
  });

  it.each([
    ['is corrupted', Buffer.alloc(50_000, 'x')],
    ['has one wrong byte', Buffer.concat([blob.bytes.subarray(0, 49_999), Buffer.from('x')])],
  ])('throws a part away that %s, and fetches the whole', async (_how, bytes) => {
    await leave(bytes);
    const source = new BreakingSource();
    await pull(source);
    expect(source.asked).toEqual([50_000, 0]);
    expect((await stored()).equals(blob.bytes)).toBe(true);
    expect(await readdir(incoming())).toEqual([]);
  });

  it('leaves a wrong part to its writer, when that is alive', async () => {
    const name = (await leave(Buffer.alloc(50_000, 'x'))).replace(`-${process.pid}-`, `-${process.ppid}-`);
    await writeFile(join(incoming(), name), Buffer.alloc(60_000, 'x'));
    const failing = new BreakingSource([], Buffer.alloc(size, 'x'));
    await expect(pull(failing)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(await readdir(incoming())).toContain(name);
  });

  it('does not use a part that is longer than the blob, or not worth it', async () => {
    await leave(Buffer.alloc(size + 1));
    await leave(blob.bytes.subarray(0, 100));
    const source = new BreakingSource();
    await pull(source);
    expect(source.asked).toEqual([0]);
    expect(await readdir(incoming())).toEqual([]);
  });

  it('takes the longest of several parts', async () => {
    for (const bytes of [10_000, 60_000, 20_000]) await leave(blob.bytes.subarray(0, bytes));
    const source = new BreakingSource();
    await pull(source);
    expect(source.asked).toEqual([60_000]);
    expect(await readdir(incoming())).toEqual([]);
  });

  it('keeps nothing of a source that gives wrong bytes', async () => {
    const wrong = new BreakingSource([], Buffer.alloc(size, 'x'));
    await expect(pull(wrong)).rejects.toMatchObject({ code: 'digest-mismatch' });
    const long = new BreakingSource([], Buffer.alloc(size + 1, 'x'));
    await expect(pull(long)).rejects.toMatchObject({ code: 'size-mismatch' });
    expect(await readdir(incoming())).toEqual([]);
  });

  it('keeps nothing when the disk, or the program, fails', async () => {
    const failing = new BreakingSource([50_000], blob.bytes, new Error('no space left'));
    await expect(pull(failing)).rejects.toThrow('no space left');
    expect(await readdir(incoming())).toEqual([]);
  });

  it('bounds number and age of what is kept, and leaves alone what may still be written to', async () => {
    const other = (at: number): string => `sha256:${`${at}`.padStart(64, '0')}`;
    for (let at = 0; at < 12; at += 1) await leave(blob.bytes.subarray(0, 5000), hour + at * 1000, other(at));
    const old = await leave(blob.bytes, 25 * hour, other(90));
    const writer = (place: string, pid: number): string =>
      `partial-sha256-${'a'.repeat(64)}-${place}-${pid}-${crypto.randomUUID()}`;
    // The second is of another container, where its process id is somebody else's.
    const alive = [writer(await placeMark(), process.ppid), writer('0123abcd', process.pid)];
    for (const name of alive) await writeFile(join(incoming(), name), blob.bytes.subarray(0, 5000));
    await pull(new BreakingSource());
    const names = await readdir(incoming());
    expect(names).toHaveLength(8 + 2);
    expect(names).toEqual(expect.arrayContaining(alive));
    expect(names).not.toContain(old);
    expect(names.some((name) => name.includes(other(0).slice(7)))).toBe(true);
    expect(names.some((name) => name.includes(other(11).slice(7)))).toBe(false);
  });

  it('lets two at the same time both end with the whole blob', async () => {
    const [one, two] = [new BreakingSource(), new BreakingSource()];
    await Promise.all([pull(one), pull(two)]);
    expect((await stored()).equals(blob.bytes)).toBe(true);
    expect(await readdir(incoming())).toEqual([]);
  });

  it('ends well when another writer took its part for left behind and was faster', async () => {
    const source = new BreakingSource();
    const slow: Fetcher & Resumer = {
      fetchRest: source.fetchRest.bind(source),
      async *fetch() {
        yield* source.fetch();
        await rm(await partial());
        await layout.repository().push(blob.descriptor, blob.bytes);
      },
    };
    await pull(slow);
    expect((await stored()).equals(blob.bytes)).toBe(true);
  });

  it('survives garbage collection for a day, and then goes with it', async () => {
    await leave(blob.bytes.subarray(0, 50_000), 2 * hour);
    expect(await layout.collectGarbage()).toMatchObject({ files: 0, waiting: 0 });
    expect(await readdir(incoming())).toHaveLength(1);
    const later = { now: () => Date.now() + 23 * hour };
    expect(await layout.collectGarbage({ clock: later })).toMatchObject({ files: 1, bytes: 50_000 });
    expect(await readdir(incoming())).toEqual([]);
  });

  it('is not disturbed by garbage collection, however old the part looks', async () => {
    const source = new BreakingSource();
    const collecting: Fetcher & Resumer = {
      fetchRest: source.fetchRest.bind(source),
      async *fetch() {
        yield* source.fetch();
        await utimes(await partial(), 1, 1);
        await layout.collectGarbage({ graceMs: 0 });
      },
    };
    await pull(collecting);
    expect((await stored()).equals(blob.bytes)).toBe(true);
  });
});
