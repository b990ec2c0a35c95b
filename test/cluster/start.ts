// A cluster to play with: `npm run cluster`.
import { once } from 'node:events';
import { pid, stderr, stdout } from 'node:process';
import { startCluster } from './harness/start-cluster.ts';

async function main(stop: AbortSignal): Promise<void> {
  const { cluster, stop: end } = await startCluster({ kwok: true, signal: stop });
  try {
    stdout.write(`\nexport KUBECONFIG=${cluster.user('admin').kubeconfig}\n\n`);
    stdout.write('Pods run when they name the node: spec.nodeName: kwok. There is no scheduler.\n');
    stdout.write(`Ctrl-C, or kill ${pid}, stops it and removes all of it.\n`);
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    await end();
  }
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

try {
  await main(stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
