import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Name of the delivery that a line of the log says was applied; the empty name for the site itself. */
function appliedBy(line: string): string | undefined {
  const { level, controllerKind, name, reason, msg } = JSON.parse(line);
  if (level === 'error') throw new Error(`the agent failed: ${name}: ${msg}`);
  if (reason === 'ConfigurationLoaded') return '';
  return controllerKind === 'Kustomization' && reason === 'ReconciliationSucceeded' ? name : undefined;
}

/**
 * Resolves when the configuration was taken and so many deliveries have been applied once, with the seconds between the two; rejects when the
 * agent fails or takes longer than `limitMs`.
 */
export async function delivered(output: Readable, deliveries: number, limitMs: number): Promise<number> {
  const names = new Set<string>();
  let loaded = performance.now();
  for await (const line of createInterface({ input: output, signal: AbortSignal.timeout(limitMs) })) {
    const name = appliedBy(line);
    if (name === '') loaded = performance.now();
    if (name !== undefined) names.add(name);
    if (names.size > deliveries) break;
  }
  if (names.size <= deliveries)
    throw new Error(`the agent ended: expected ${deliveries} deliveries, got ${Math.max(0, names.size - 1)}`);
  output.resume();
  return (performance.now() - loaded) / 1000;
}
