import type { Scalar } from '../scalar.ts';

/** https://yaml.org/type/ */
export const coreTag = 'tag:yaml.org,2002:';

const taggedTypes: Readonly<Record<string, readonly string[]>> = {
  [`${coreTag}int`]: ['number', 'bigint'],
  [`${coreTag}float`]: ['number', 'bigint'],
  [`${coreTag}bool`]: ['boolean'],
  [`${coreTag}null`]: ['object'],
};

/** Go makes a float of a whole number that fits into 64 bits with a sign, and of no larger one. */
const greatestFloated = 2n ** 63n - 1n;

/** What a scalar's text stands for behind a tag that says so too; `undefined` where the tag says something else. */
export function taggedValue(tag: string, value: Scalar): Scalar | undefined {
  if (taggedTypes[tag]?.includes(typeof value) !== true) return undefined;
  if (tag !== `${coreTag}float` || typeof value !== 'bigint') return value;
  return value > greatestFloated ? undefined : Number(value);
}

/** A password that begins with `!` reads as a tag, so tags that are not YAML's own are not quoted. */
export function tagName(tag: string | undefined): string {
  return tag?.startsWith(coreTag) === true ? `the tag !!${tag.slice(coreTag.length)}` : 'a tag';
}
