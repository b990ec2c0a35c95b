import * as z from 'zod';
import { SealiftError } from '../core/index.ts';
import type { FloorMemory } from './floor-memory.ts';

const markSchema = z.strictObject({
  value: z.union([z.number().min(0), z.string().min(1)]),
  digest: z.string().optional(),
});

const floorSchema = markSchema.extend({
  repository: z.string().min(1),
  stream: z.string(),
  order: z.enum(['sequence', 'semver', 'signedTime']),
  epoch: z.int().min(0),
  sources: z.array(z.string()),
  superseded: z.array(markSchema),
  withdrawn: z.array(z.string()),
  at: z.number(),
});

const memorySchema = z.strictObject({
  version: z.literal(1),
  floors: z.array(floorSchema),
  time: z
    .strictObject({ bound: z.number(), wall: z.number(), machine: z.number(), steadyMs: z.number() })
    .optional(),
});

/** Reads the copy of a site's floors. @throws SealiftError DISK_FAILED for what was cut off or changed into something else. */
export function parseFloorMemory(text: string, path: string): FloorMemory {
  try {
    return memorySchema.parse(JSON.parse(text)) as FloorMemory;
  } catch (cause) {
    const detail = `expected the floors of a site, got ${text.length} characters that are something else`;
    throw new SealiftError('DISK_FAILED', path, detail, { cause });
  }
}
