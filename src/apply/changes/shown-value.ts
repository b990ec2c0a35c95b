/** Long enough to recognise a value on a terminal line. */
const maxShownLength = 120;

/** Values of a change are read by people: what lies deeper is counted, not shown. */
const maxShownDepth = 3;

/** A value on one line, in the form of JSON, cut where it gets long. Takes exact integers and any depth. */
export function shownValue(value: unknown): string {
  const text = render(value, maxShownDepth);
  return text.length <= maxShownLength ? text : `${text.slice(0, maxShownLength - 1)}…`;
}

/** Whether what is shown of a value holds any of the texts, as far as it is shown. */
export function showsAny(value: unknown, texts: readonly string[], depth: number = maxShownDepth): boolean {
  if (texts.length === 0) return false;
  if (typeof value !== 'object' || value === null) {
    const text = String(value);
    return texts.some((one) => text.includes(one));
  }
  return depth > 0 && Object.values(value).some((field) => showsAny(field, texts, depth - 1));
}

function render(value: unknown, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, maxShownLength));
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (depth === 0 && fields.length > 0) return `${open}…${fields.length}${close}`;
  const shown = fields
    .slice(0, maxShownLength)
    .map(
      ([key, field]) => `${Array.isArray(value) ? '' : `${JSON.stringify(key)}:`}${render(field, depth - 1)}`,
    );
  return `${open}${shown.join(',')}${close}`;
}
