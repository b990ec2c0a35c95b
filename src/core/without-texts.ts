/** Text that was cut may end in a part of what is hidden; a shorter part tells nothing. */
const minPart = 4;

/** The text with `...` for all that is hidden, as it is or as JSON has it, also where the text was cut in the middle of it. */
export function withoutTexts(text: string, hidden: readonly string[]): string {
  return hidden.reduce((left, one) => {
    const escaped = JSON.stringify(one).slice(1, -1);
    return withoutPart(left.replaceAll(one, '...').replaceAll(escaped, '...'), escaped);
  }, text);
}

function withoutPart(text: string, hidden: string): string {
  if (!text.endsWith('...')) return text;
  const kept = text.slice(0, -3);
  for (let length = Math.min(hidden.length - 1, kept.length); length >= minPart; length -= 1)
    if (kept.endsWith(hidden.slice(0, length))) return `${kept.slice(0, -length)}...`;
  return text;
}
