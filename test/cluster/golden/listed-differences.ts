import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Difference } from './differences.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** A line of the page: what differs in which states, and what either side has there. */
export interface ListedDifference {
  /** States of scenarios, as in `06b@no-force`; `every` stands for all, of which the first is looked at. */
  readonly where: readonly string[];
  /** As `Difference.what`; `*` stands for what has no blank and no slash in it, `**` for anything, `{a,b}` for one of both. */
  readonly what: string;
  /** Texts that the value has to contain, `*` any; none: there is no value. */
  readonly there: readonly string[];
  readonly here: readonly string[];
  readonly line: string;
}

const codes = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** Lines of the table of states on a page. */
export function listedDifferences(page = 'flux-differences.md'): readonly ListedDifference[] {
  const lines = readFileSync(join(docs, page), 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, where = '', what = '', there = '', here = ''] = line.split(/(?<!\\)\|/);
      const [name = ''] = codes(what);
      return { where: codes(where), what: name, there: codes(there), here: codes(here), line };
    });
}

/** As a part of a regular expression. */
function patternOf(part: string): string {
  if (part === '**') return '.+';
  if (part === '*') return '[^ /]+';
  if (part.startsWith('{')) return `(?:${part.slice(1, -1).split(',').join('|')})`;
  return part.replaceAll(/[.?+^$(){}|[\]\\]/g, '\\$&');
}

function isNamed({ what }: Difference, listed: ListedDifference): boolean {
  const parts = listed.what.split(/(\*\*?|\{[^}]+\})/).map(patternOf);
  return new RegExp(`^${parts.join('')}$`).test(what);
}

const holds = (value: string, texts: readonly string[]): boolean =>
  texts.length === 0
    ? value === ''
    : value !== '' && texts.every((text) => text === '*' || value.includes(text));

/** Whether a line tells of a difference, whatever the state. */
export function isListedBy(difference: Difference, listed: ListedDifference): boolean {
  return (
    isNamed(difference, listed) &&
    holds(difference.there, listed.there) &&
    holds(difference.here, listed.here)
  );
}

export interface Unexpected {
  /** Differences that are in no line. */
  readonly unlisted: readonly Difference[];
  /** Lines of the page that differ no more. */
  readonly gone: readonly string[];
}

/** What a state has that the page does not tell, and the other way round. */
export function unexpected(state: string, found: readonly Difference[]): Unexpected {
  const listed = listedDifferences().filter(({ where }) => where.includes(state) || where.includes('every'));
  return {
    unlisted: found.filter((difference) => !listed.some((one) => isListedBy(difference, one))),
    gone: listed
      .filter(({ where }) => where.includes(state) || state === '01')
      .filter((one) => !found.some((difference) => isListedBy(difference, one)))
      .map(({ line }) => line),
  };
}
