/** https://yaml.org/type/ */
export const coreTag = 'tag:yaml.org,2002:';

const taggedTypes: Readonly<Record<string, readonly string[]>> = {
  [`${coreTag}int`]: ['number', 'bigint'],
  [`${coreTag}float`]: ['number', 'bigint'],
  [`${coreTag}bool`]: ['boolean'],
  [`${coreTag}null`]: ['object'],
};

/** True when a tag says what a scalar's text says anyway. */
export function fitsTag(tag: string, value: unknown): boolean {
  return taggedTypes[tag]?.includes(typeof value) === true;
}

/** A password that begins with `!` reads as a tag, so tags that are not YAML's own are not quoted. */
export function tagName(tag: string | undefined): string {
  return tag?.startsWith(coreTag) === true ? `the tag !!${tag.slice(coreTag.length)}` : 'a tag';
}
