import type * as z from 'zod';
import { quoted, Refused } from './refused.ts';

/** Honest evidence nests less than ten deep; what is deeper is made to exhaust whoever walks it. */
const maxDepth = 64;

/** Strings, and the signs that open, close and part. Applied to text that is known to be JSON. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/**
 * Reads JSON whose meaning is the same for every reader: UTF-8 without mark, no key twice in one object (CVE-2026-44309), no
 * `__proto__`. The size is the caller's to limit. @throws Refused SIGNATURE_MALFORMED.
 */
export function parseStrictJson(content: Uint8Array): unknown {
  const text = decodeUtf8(content);
  const value = parseJson(text);
  refuseAmbiguity(text);
  return value;
}

/** What `schema` makes of a value from outside. @throws Refused SIGNATURE_MALFORMED naming the first place that differs. */
export function conform<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = [what, ...(issue?.path ?? []).map(String)].join('.');
  throw new Refused(
    'SIGNATURE_MALFORMED',
    `${quoted(place)}: ${quoted(issue?.message ?? 'unexpected value')}`,
  );
}

function decodeUtf8(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new Refused('SIGNATURE_MALFORMED', `expected UTF-8, got ${content.byteLength} other bytes`, {
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refused('SIGNATURE_MALFORMED', `expected JSON, got ${text.length} other characters`, { cause });
  }
}

/** An object that is open: the keys so far, and whether the next string is one. A list has no keys. */
interface Frame {
  readonly keys: Set<string> | undefined;
  awaitsKey: boolean;
}

function refuseAmbiguity(text: string): void {
  const frames: Frame[] = [];
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') open(frames, { keys: new Set(), awaitsKey: true });
    else if (token === '[') open(frames, { keys: undefined, awaitsKey: false });
    else if (token === '}' || token === ']') frames.pop();
    else readPart(frames.at(-1), token);
  }
}

function open(frames: Frame[], frame: Frame): void {
  frames.push(frame);
  if (frames.length > maxDepth) {
    throw new Refused('SIGNATURE_MALFORMED', `expected JSON nested at most ${maxDepth} deep, got more`);
  }
}

function readPart(frame: Frame | undefined, token: string): void {
  if (frame?.keys === undefined) return;
  if (token === ',') {
    frame.awaitsKey = true;
  } else if (frame.awaitsKey) {
    addKey(frame.keys, JSON.parse(token) as string);
    frame.awaitsKey = false;
  }
}

function addKey(keys: Set<string>, key: string): void {
  if (keys.has(key))
    throw new Refused('SIGNATURE_MALFORMED', `expected every key once, got ${quoted(key)} twice`);
  if (key === '__proto__') throw new Refused('SIGNATURE_MALFORMED', 'expected no key "__proto__", got one');
  keys.add(key);
}
