import * as z from 'zod';

/** What is kept beside a tree, so that the same layer needs no second look. */
export interface TreeNote {
  readonly files: number;
  /** Bytes of all files. */
  readonly bytes: number;
  readonly skipped: readonly string[];
}

/** A container image has thousands of links; the report goes into events and logs. */
const reportedSkips = 100;

/** The paths that were left out, cut to what a person reads; the last line then counts the rest. */
export function reportSkipped(paths: readonly string[]): readonly string[] {
  if (paths.length <= reportedSkips) return paths;
  return [...paths.slice(0, reportedSkips), `and ${paths.length - reportedSkips} more`];
}

const noteSchema = z.strictObject({
  files: z.int().min(0),
  bytes: z.int().min(0),
  skipped: z.array(z.string()),
});

/** `undefined` when the text is not a whole note, as after a crash. */
export function parseTreeNote(text: string): TreeNote | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return noteSchema.safeParse(value).data;
}
