import * as z from 'zod';
import type { Floor } from '../api/index.ts';
import { SealiftError, type TimeBound } from '../core/index.ts';

const markSchema = z.strictObject({
  value: z.union([z.number().min(0), z.string().min(1)]),
  digest: z.string().optional(),
});

const floorSchema = markSchema.extend({
  repository: z.string().min(1),
  stream: z.string(),
  order: z.enum(['sequence', 'semver', 'signedTime']),
  policy: z.string().min(1).optional(),
  epoch: z.int().min(0),
  sources: z.array(z.string()),
  superseded: z.array(markSchema),
  withdrawn: z.array(z.string()),
  at: z.number(),
});

const floorFileSchema = z.strictObject({ version: z.literal(1), floor: floorSchema });

const timeFileSchema = z.strictObject({
  version: z.literal(1),
  time: z.strictObject({ bound: z.number(), wall: z.number(), machine: z.number(), steadyMs: z.number() }),
});

/** Reads the copy of a floor. @throws SealiftError DISK_FAILED for what was cut off or changed into something else. */
export function parseFloor(text: string, path: string): Floor {
  return parsed(floorFileSchema, text, path).floor as Floor;
}

/** Reads the copy of the bound of time. @throws SealiftError DISK_FAILED likewise. */
export function parseTime(text: string, path: string): TimeBound {
  return parsed(timeFileSchema, text, path).time;
}

function parsed<T>(schema: z.ZodType<T>, text: string, path: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const detail = `expected what this site must not forget, got ${text.length} characters that are something else`;
    throw new SealiftError('DISK_FAILED', path, detail, { cause });
  }
}
