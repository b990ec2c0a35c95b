import type * as z from 'zod';
import { quoted, Refused } from './refused.ts';

/** A bill of materials of 4 MiB has some 300,000; a text made of nothing but brackets takes a hundred times its size in memory. */
const maxTokens = 500_000;

/** Honest evidence nests less than ten deep; what is deeper is made to exhaust whoever walks it. */
const maxDepth = 64;

/** The signs that matter, by code: attestations have megabytes, and texts of one character each would be most of the work. */
const signs = {
  quote: 0x22,
  comma: 0x2c,
  openList: 0x5b,
  escape: 0x5c,
  closeList: 0x5d,
  open: 0x7b,
  close: 0x7d,
};

/**
 * Reads JSON whose meaning is the same for every reader: UTF-8 without mark, no key twice in one object (CVE-2026-44309), no
 * `__proto__`. The size is the caller's to limit. @throws Refused SIGNATURE_MALFORMED.
 */
export function parseStrictJson(content: Uint8Array): unknown {
  const text = decodeUtf8(content);
  refuseAmbiguity(text);
  return parseJson(text);
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

/** Looks at strings and signs alone, before anything is built of them; whether the text is JSON at all, the parser says. */
function refuseAmbiguity(text: string): void {
  const frames: Frame[] = [];
  let tokens = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === signs.quote) at = readString(text, at, frames.at(-1));
    else if (!readSign(sign, frames)) continue;
    tokens += 1;
    if (tokens > maxTokens)
      throw new Refused('SIGNATURE_MALFORMED', `expected JSON of at most ${maxTokens} tokens, got more`);
  }
}

/** False for what is no sign. */
function readSign(sign: number, frames: Frame[]): boolean {
  switch (sign) {
    case signs.comma: {
      const frame = frames.at(-1);
      if (frame !== undefined) frame.awaitsKey = true;
      return true;
    }
    case signs.open:
      open(frames, { keys: new Set(), awaitsKey: true });
      return true;
    case signs.openList:
      open(frames, { keys: undefined, awaitsKey: false });
      return true;
    case signs.close:
    case signs.closeList:
      frames.pop();
      return true;
    default:
      return false;
  }
}

function open(frames: Frame[], frame: Frame): void {
  frames.push(frame);
  if (frames.length > maxDepth) {
    throw new Refused('SIGNATURE_MALFORMED', `expected JSON nested at most ${maxDepth} deep, got more`);
  }
}

/** Where the string that begins here ends. */
function readString(text: string, start: number, frame: Frame | undefined): number {
  const end = endOfString(text, start);
  if (frame?.keys !== undefined && frame.awaitsKey) {
    addKey(frame.keys, String(parseJson(text.slice(start, end + 1))));
    frame.awaitsKey = false;
  }
  return end;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === signs.quote) return at;
    if (sign === signs.escape) at += 1;
  }
  throw new Refused('SIGNATURE_MALFORMED', 'expected JSON, got a string without end');
}

function addKey(keys: Set<string>, key: string): void {
  if (keys.has(key))
    throw new Refused('SIGNATURE_MALFORMED', `expected every key once, got ${quoted(key)} twice`);
  if (key === '__proto__') throw new Refused('SIGNATURE_MALFORMED', 'expected no key "__proto__", got one');
  keys.add(key);
}
