import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { type Run, runTransfer } from './transfer.ts';

/** Transfers that go on at the same time. */
const lanes = 4;
/** Of one registry; its index is written anew by every push. */
const seedsPerRegistry = 50;

/** Runs one transfer for each seed, and looks over what the registries keep in the end. */
export async function runTransfers(
  seeds: readonly number[],
  onRun: (run: Run) => void = () => {},
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let at = 0; at < seeds.length; at += seedsPerRegistry) {
    runs.push(...(await runAgainstOne(seeds.slice(at, at + seedsPerRegistry), onRun)));
  }
  return runs;
}

async function runAgainstOne(seeds: readonly number[], onRun: (run: Run) => void): Promise<Run[]> {
  const directory = await mkdtemp(join(tmpdir(), 'oci-faults-'));
  const layout = await openLayout(directory);
  const server = await serveRegistry({ layout, stallMs: 2_000 });
  const runs: Run[] = [];
  const queue = seeds.values();
  const work = async (): Promise<void> => {
    for (const seed of queue) {
      const run = await runTransfer(seed, { layout, port: server.port });
      runs.push(run);
      onRun(run);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, work));
    await checkBlobs(directory);
    return runs;
  } finally {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Whatever the transfers ended with: nothing wrong may have been kept. */
async function checkBlobs(directory: string): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) {
    const found = createHash('sha256')
      .update(await readFile(join(blobs, name)))
      .digest('hex');
    if (found !== name) throw new Error(`the registry keeps sha256:${found} as sha256:${name}`);
  }
}
