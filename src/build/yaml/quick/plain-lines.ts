import type { BlockLines } from './block-lines.ts';
import { leaveToFullReader } from './irregular-yaml.ts';

const blank = 32;
const tab = 9;
const hash = 35;
const colon = 58;

/** What cannot begin text without quotes; a dash can, when no blank follows. */
const indicators = '?:,[]{}#&*!|>%@`"\'';

/** 1 for their codes. */
const isIndicator = Uint8Array.from({ length: 256 }, (_, code) =>
  indicators.includes(String.fromCharCode(code)) ? 1 : 0,
);

/** True when text without quotes may begin here. */
export function beginsPlain(lines: BlockLines): boolean {
  return isIndicator[lines.codes[lines.start] ?? 0] === 0 && !lines.startsItem();
}

/** The colon behind a key without quotes; -1 when the line has none. */
export function colonFrom(lines: BlockLines, from: number): number {
  const { codes, end } = lines;
  for (let at = from; at < end; at += 1) {
    if (codes[at] === colon && lines.isBlankOrEnd(at + 1)) return at;
  }
  return -1;
}

/** Where text without quotes ends, blanks and a comment behind it left off. */
function plainEnd(lines: BlockLines, from: number): number {
  const { codes, end } = lines;
  let last = from;
  for (let at = from; at < end; at += 1) {
    const code = codes[at];
    if (code === tab || (code === colon && lines.isBlankOrEnd(at + 1))) leaveToFullReader();
    if (code === hash && codes[at - 1] === blank) break;
    if (code !== blank) last = at + 1;
  }
  return last;
}

/**
 * Text without quotes that begins at the content of this line, with the lines that continue it: those further in than
 * `parent`, the column of what it belongs to. https://yaml.org/spec/1.2.2/#733-plain-style
 */
export function readPlainText(lines: BlockLines, parent: number): string {
  const { text } = lines;
  const from = lines.start;
  let end = plainEnd(lines, from);
  let read = text.slice(from, end);
  let open = lines.isOnlyBlank(end);
  lines.next();
  while (lines.indent > parent) {
    if (!open || lines.commented) leaveToFullReader();
    end = plainEnd(lines, lines.start);
    read += (lines.blanks === 0 ? ' ' : '\n'.repeat(lines.blanks)) + text.slice(lines.start, end);
    open = lines.isOnlyBlank(end);
    lines.next();
  }
  return read;
}
