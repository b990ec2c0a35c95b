export interface ContentRange {
  /** First byte. */
  readonly first: number;
  /** Last byte, itself included. */
  readonly last: number;
  /** Bytes of the whole; absent when the server does not say. */
  readonly total?: number;
}

/** Sixteen digits stay below what a number holds exactly. */
const grammar = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/;

/** Reads `Content-Range`; nothing when it is not of the form RFC 9110 section 14.4 gives it, or names no byte. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const [, first, last, total] = grammar.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = { first: Number(first), last: Number(last) };
  if (range.last < range.first) return undefined;
  return total === undefined ? range : { ...range, total: Number(total) };
}
