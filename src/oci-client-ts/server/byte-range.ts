import type { ByteRange } from '../layout/read-file.ts';

export type RangeAnswer =
  | { readonly kind: 'whole' | 'unsatisfiable' }
  | { readonly kind: 'part'; readonly range: ByteRange };

/** One range of bytes, as RFC 9110 section 14.2 reads it; several at once are answered with the whole, which is allowed. */
export function parseByteRange(header: string | undefined, size: number): RangeAnswer {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') return part(Math.max(size - Number(last), 0), size);
  if (last === '') return part(Number(first), size);
  if (Number(last) < Number(first)) return { kind: 'whole' };
  return part(Number(first), Math.min(Number(last) + 1, size));
}

function part(start: number, end: number): RangeAnswer {
  return start < end ? { kind: 'part', range: { start, end } } : { kind: 'unsatisfiable' };
}
