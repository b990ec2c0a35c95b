/** Enough of a name to find the entry; names reach 64 KiB before they are refused. */
const shownCharacters = 200;

/** Names an entry in an error. The name is hostile: what a terminal would act on or hide is written as its code point. */
export function entrySubject(name: string): string {
  const shown = name.length > shownCharacters ? `${name.slice(0, shownCharacters)}…` : name;
  const visible = shown.replace(
    /[\p{C}\p{Zl}\p{Zp}"\\]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `entry "${visible}"`;
}
