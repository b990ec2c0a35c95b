import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { InventoryEntry } from '../../../src/api/index.ts';
import {
  type ApplyOutcome,
  applyPlan,
  markOwned,
  observeDelivery,
  planDelivery,
} from '../../../src/apply/index.ts';
import type { KubernetesObject, Owner, Target } from '../../../src/core/index.ts';
import { configMap } from '../../fixtures/objects.ts';

export const owner: Owner = { name: 'apps', namespace: 'flux-system' };

/** Large enough that a kill falls into the middle of a write now and then. */
const filler = 'x'.repeat(200_000);

/** What the delivery asks for in one version: six of eight objects, other ones each time. A whole file holds its version twice. */
export function buildOf(version: number): KubernetesObject[] {
  const names = Array.from({ length: 6 }, (_, at) => `o${(version + at) % 8}`);
  return names.map((name) => configMap(name, { data: { first: version, filler, last: version } }));
}

export function isWhole(text: string): boolean {
  return /^ {2}first: (\d+)\n {2}last: \1\n$/m.test(text.slice(-60));
}

export async function readInventory(file: string): Promise<readonly InventoryEntry[]> {
  return JSON.parse(await readFile(file, 'utf8'));
}

/** One run of the delivery, its inventory kept in a file. */
export async function deliver(
  target: Target,
  inventoryFile: string,
  built: readonly KubernetesObject[],
): Promise<ApplyOutcome> {
  const { signal } = new AbortController();
  const inventory = await readInventory(inventoryFile);
  const objects = markOwned(built, owner);
  const observations = await observeDelivery(target, objects, inventory, signal);
  const plan = planDelivery({
    objects,
    inventory,
    observations,
    delivery: { owner, prune: true, force: false },
  });
  const recordInventory = async (entries: readonly InventoryEntry[]): Promise<void> => {
    const temporary = `${inventoryFile}.${randomUUID()}`;
    await writeFile(temporary, JSON.stringify(entries));
    await rename(temporary, inventoryFile);
  };
  return applyPlan(target, plan, { recordInventory, changed: () => undefined }, signal);
}
