import {
  copy,
  createMemoryStore,
  type Descriptor,
  type ImageLayout,
  mediaTypes,
  OciError,
  RemoteRepository,
  readAll,
  type Store,
  sha256,
  Transport,
} from 'oci-client-ts';
import { faultProxy } from './fault-proxy.ts';
import type { FaultKind } from './faults.ts';
import { SeededRandom } from './random.ts';

export type Outcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'coded'; readonly error: OciError }
  /** What must not be. */
  | { readonly kind: 'wrong'; readonly reason: string };

export interface Run {
  readonly seed: number;
  readonly direction: 'pull' | 'push';
  readonly outcome: Outcome;
  readonly happened: readonly FaultKind[];
}

interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** No transfer of some hundred kilobytes takes as long, whatever happens to it. */
const deadlineMs = 60_000;

/** One transfer between memory and a registry through a proxy full of faults; all of it follows from the seed. */
export async function runTransfer(
  seed: number,
  registry: { layout: ImageLayout; port: number },
): Promise<Run> {
  const random = new SeededRandom(seed);
  const direction = random.pick(['pull', 'push'] as const);
  const contents = artifact(random);
  const repository = `run-${seed}/app`;
  const near = createMemoryStore();
  const far = registry.layout.repository(repository);
  for (const { descriptor, bytes } of contents) {
    await (direction === 'pull' ? far : near).push(descriptor, bytes);
  }
  await using proxy = await faultProxy(registry.port, seed);
  const transport = new Transport({
    retry: { attempts: 5, baseDelayMs: 5, maxDelayMs: 200, maxElapsedMs: 20_000 },
    limits: { headersMs: 400, idleMs: 400 },
    jitter: random,
  });
  const remote = new RemoteRepository({ host: proxy.host, repository, transport });
  try {
    const transfer = direction === 'pull' ? pull(remote, near, contents) : push(near, remote, far, contents);
    const outcome = await withDeadline(transfer);
    return { seed, direction, outcome, happened: [...proxy.happened] };
  } finally {
    await transport.close();
  }
}

/** An image of some blobs, from a few bytes to a few hundred thousand; the manifest is the last. */
function artifact(random: SeededRandom): Content[] {
  const blob = (size: number): Content => contentOf(random.bytes(size), mediaTypes.octetStream);
  const layers = Array.from({ length: 1 + random.below(4) }, () =>
    blob(random.below(2 ** (4 + random.below(15)))),
  );
  const config = blob(1 + random.below(100));
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  return [...layers, config, contentOf(text, mediaTypes.ociManifest)];
}

function contentOf(bytes: Uint8Array, mediaType: string): Content {
  return { bytes, descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength } };
}

async function pull(from: RemoteRepository, to: Store, contents: readonly Content[]): Promise<Outcome> {
  await copy(from, to, digestOf(contents));
  return compare(to, contents);
}

async function push(
  from: Store,
  to: RemoteRepository,
  there: Store,
  contents: readonly Content[],
): Promise<Outcome> {
  await copy(from, to, digestOf(contents));
  return compare(there, contents);
}

function digestOf(contents: readonly Content[]): string {
  return contents.at(-1)?.descriptor.digest ?? '';
}

/** Looks at the destination itself, past proxy and client. */
async function compare(store: Store, contents: readonly Content[]): Promise<Outcome> {
  for (const { descriptor, bytes } of contents) {
    const found = await readAll(store.fetch(descriptor), descriptor.size, descriptor.digest).catch(
      (error: unknown) => error,
    );
    if (!(found instanceof Uint8Array)) return { kind: 'wrong', reason: `after success: ${found}` };
    if (!Buffer.from(found).equals(bytes))
      return { kind: 'wrong', reason: `other bytes in ${descriptor.digest}` };
  }
  return { kind: 'right' };
}

async function withDeadline(transfer: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<Outcome>((resolve) => {
    const late: Outcome = { kind: 'wrong', reason: `not over after ${deadlineMs} ms` };
    timer = setTimeout(() => resolve(late), deadlineMs);
  });
  const settled = transfer.catch(
    (error: unknown): Outcome =>
      error instanceof OciError
        ? { kind: 'coded', error }
        : { kind: 'wrong', reason: `no OciError: ${error instanceof Error ? error.stack : error}` },
  );
  try {
    return await Promise.race([settled, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
