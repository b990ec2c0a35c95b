import type { Scalar } from '../yaml/scalar.ts';

/** A file as SOPS sees it: ordered, with the comments between the values, since both decide what is encrypted and what the MAC covers. */
export interface SopsMap {
  readonly kind: 'map';
  readonly entries: readonly SopsEntry[];
}

export type SopsEntry = SopsComment | SopsPair;

export interface SopsPair {
  readonly kind: 'pair';
  readonly key: string;
  readonly value: SopsValue;
}

export interface SopsList {
  readonly kind: 'list';
  readonly items: readonly SopsValue[];
}

export interface SopsComment {
  readonly kind: 'comment';
  /** Without the `#`. */
  readonly text: string;
  /** Behind a value, on its line. */
  readonly inline: boolean;
}

/** A number with a fraction or an exponent: written differently from a whole number of the same value. */
interface SopsFloat {
  readonly kind: 'float';
  readonly value: number;
}

/** RFC 3339. */
interface SopsTime {
  readonly kind: 'time';
  readonly text: string;
}

/** A text that is not UTF-8. */
interface SopsBytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array;
}

export type SopsLeaf = Scalar | SopsFloat | SopsTime | SopsBytes | SopsComment;
export type SopsValue = SopsLeaf | SopsList | SopsMap;

/** The fault of a file, without place and without content; whoever knows the file adds its name. */
export class SopsFault extends Error {
  override readonly name = 'SopsFault';
}

export function isBranch(value: SopsValue): value is SopsMap | SopsList {
  return typeof value === 'object' && value !== null && (value.kind === 'map' || value.kind === 'list');
}

export function isComment(value: SopsValue): value is SopsComment {
  return typeof value === 'object' && value !== null && value.kind === 'comment';
}

export function pairsOf(map: SopsMap): readonly SopsPair[] {
  return map.entries.filter((entry) => entry.kind === 'pair');
}

/** A copy of a map without the pairs of a key. */
export function withoutKey(map: SopsMap, key: string): SopsMap {
  return { kind: 'map', entries: map.entries.filter((entry) => entry.kind !== 'pair' || entry.key !== key) };
}
