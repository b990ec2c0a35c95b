/** What a YAML scalar can stand for. Whole numbers that a double cannot hold are bigints. */
export type Scalar = string | number | bigint | boolean | null;

/**
 * Two readers touch every object, and they disagree in two points.
 * `source`: kustomize reading a file (go-yaml 3): `yes` and `on` are strings, timestamps become RFC 3339.
 * `printed`: Flux reading what was built or substituted (go-yaml 2): `yes` and `on` are booleans, timestamps stay as they are.
 */
export type ScalarRules = 'source' | 'printed';

const words = new Map<string, boolean | null | number>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
]);

const printedWords = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/** Longer text is looked up in vain, and to look it up means to read all of it. */
const longestWord = 'false'.length;

const integerPattern = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/;
const floatPattern = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** Go keeps a whole number as int64 or uint64; what is larger becomes a float there, and so here. */
const leastInteger = -(2n ** 63n);
const greatestInteger = 2n ** 64n - 1n;
/** Its uint64 has no sign, not even a plus. */
const greatestSigned = 2n ** 63n - 1n;

/** Go cuts the mark of these bases off and reads what is left as a number, which may have a sign of its own. */
const signBehindMark = { source: /^(0[ob])([-+])(?=[0-7])/, printed: /^(0b)([-+])(?=[01])/ } as const;

function parseInteger(text: string): number | bigint | undefined {
  const match = integerPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = ''] = match;
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < leastInteger || value > (sign === '+' ? greatestSigned : greatestInteger)) return undefined;
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}

function parseFloating(text: string): number | undefined {
  if (!floatPattern.test(text)) return undefined;
  const value = Number(text);
  // Go takes a number that overflows for text.
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}

const timestampPattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d))|(?: +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?))?$/;

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}

/** A timestamp as kustomize writes it back (RFC 3339 with as many decimals as needed); `undefined` when it is none. */
function normalizeTimestamp(text: string): string | undefined {
  const match = timestampPattern.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const [hour = '0', minute = '0', second = '0', fraction = ''] =
    match[4] === undefined ? match.slice(9, 13) : match.slice(4, 8);
  const zone = match[8] ?? 'Z';
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(zone.slice(1, 3)) > 23 || Number(zone.slice(4)) > 59) return undefined;
  const [mm, dd, h, m, s] = [month, day, hour, minute, second].map((part) => part.padStart(2, '0'));
  const decimals = fraction.slice(0, 9).replace(/0+$/, '');
  const offset = /^[-+]00:00$/.test(zone) ? 'Z' : zone;
  return `${year}-${mm}-${dd}T${h}:${m}:${s}${decimals === '' ? '' : `.${decimals}`}${offset}`;
}

function resolveNumeric(text: string, rules: ScalarRules): Scalar {
  const timestamp = rules === 'source' ? normalizeTimestamp(text) : undefined;
  if (timestamp !== undefined) return timestamp;
  const digits = text.replaceAll('_', '').replace(signBehindMark[rules], '$2$1');
  return parseInteger(digits) ?? parseFloating(digits) ?? text;
}

/** Behind a leading point Go wants each underscore between two digits; elsewhere they may stand anywhere. */
function resolveFraction(text: string): Scalar {
  if (/_(?!\d)|(?<!\d)_/.test(text)) return text;
  return parseFloating(text.replaceAll('_', '')) ?? text;
}

/** True for a digit and for a sign. */
function startsNumber(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 43 || code === 45;
}

function resolveWord(text: string, rules: ScalarRules): Scalar | undefined {
  const word = words.get(text);
  return word === undefined && rules === 'printed' ? printedWords.get(text) : word;
}

/** The value of a scalar written without quotes and without a tag. Infinity and NaN come out as such. */
export function resolvePlain(text: string, rules: ScalarRules): Scalar {
  const word = text.length <= longestWord ? resolveWord(text, rules) : undefined;
  if (word !== undefined) return word;
  if (startsNumber(text.charCodeAt(0))) return resolveNumeric(text, rules);
  return text.startsWith('.') ? resolveFraction(text) : text;
}
