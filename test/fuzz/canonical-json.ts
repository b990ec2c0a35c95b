function numberText(text: string): string {
  if (/^-?\d+$/.test(text)) return String(BigInt(text));
  const value = Number(text);
  return Number.isInteger(value) && Number.isSafeInteger(value) ? String(value) : `f${value}`;
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return numberText(Object.is(value, -0) ? '0' : String(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof ReadNumber) return numberText(value.text);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`;
}

/** A number as it was written, so that none loses digits. */
class ReadNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** https://github.com/tc39/proposal-json-parse-with-source, not yet in the type library. */
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** One text for one value: keys in order, whole numbers exact. Two values are equal when their texts are. */
export function canonicalOf(value: unknown): string {
  return write(value);
}

/** The same for a JSON text. */
export function canonicalOfText(json: string): string {
  return write(
    parse(json, (_key, value, { source }) => {
      return typeof value === 'number' && source !== undefined ? new ReadNumber(source) : value;
    }),
  );
}

/** The canonical text of values, one a line, without the fields that are left out. */
export function canonicalWithout(lines: string, leaveOut: (key: string, value: unknown) => boolean): string {
  // Numbers stay text: only equality matters here.
  const readable = lines.replaceAll(/([:[,])(-?f?[\d.e+-]+|f-?Infinity)(?=[,\]}])/g, '$1"$2"');
  return readable
    .split('\n')
    .map((line) => {
      return line === ''
        ? ''
        : write(
            JSON.parse(line, (key, value: unknown) =>
              key !== '' && leaveOut(key, value) ? undefined : value,
            ),
          );
    })
    .sort()
    .join('\n');
}
