type Labels = Readonly<Record<string, unknown>>;

/** What a selector asks of labels, or of annotations. */
export type LabelSelector = (labels: Labels) => boolean;

type Comparison = (found: string | undefined, texts: readonly string[]) => boolean;

const isOneOf: Comparison = (found, texts) => found !== undefined && texts.includes(found);
const isNoneOf: Comparison = (found, texts) => !isOneOf(found, texts);

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': isOneOf,
  '==': isOneOf,
  in: isOneOf,
  '!=': isNoneOf,
  notin: isNoneOf,
  '>': (found, [text]) => isWhole(found) && BigInt(found) > BigInt(String(text)),
  '<': (found, [text]) => isWhole(found) && BigInt(found) < BigInt(String(text)),
};

/**
 * Reads a selector such as `app=web,tier in (a, b),!canary`; an empty one selects everything. `undefined` for a text that is none.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function labelSelector(text: string): LabelSelector | undefined {
  if (text.trim() === '') return () => true;
  const requirements = parts(text).map(requirement);
  const read = requirements.filter((one) => one !== undefined);
  if (read.length < requirements.length) return undefined;
  return (labels) => read.every((holds) => holds(labels));
}

/** Between the commas, but for those in brackets. */
function parts(text: string): readonly string[] {
  return text.split(/,(?![^()]*\))/).map((part) => part.trim());
}

const forms = {
  absent: /^!\s*([^\s!=<>(),]+)$/,
  present: /^([^\s!=<>(),]+)$/,
  compared: /^([^\s!=<>(),]+)\s*(==|!=|=|>|<)\s*([^\s!=<>(),]*)$/,
  listed: /^([^\s!=<>(),]+)\s+(in|notin)\s*\(([^()]*)\)$/,
};

function requirement(text: string): LabelSelector | undefined {
  const bare = forms.absent.exec(text) ?? forms.present.exec(text);
  const [, key = '', operator = '', given = ''] =
    bare ?? forms.compared.exec(text) ?? forms.listed.exec(text) ?? [];
  if (!isKey(key)) return undefined;
  if (bare !== null) return (labels) => Object.hasOwn(labels, key) !== text.startsWith('!');
  const texts = operator.endsWith('in') ? given.split(',').map((one) => one.trim()) : [given];
  const isNumeric = operator === '>' || operator === '<';
  if (!texts.every(isNumeric ? isWhole : isValue)) return undefined;
  return (labels) => comparisons[operator]?.(textOf(labels, key), texts) === true;
}

function textOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? String(labels[key]) : undefined;
}

function isWhole(text: string | undefined): text is string {
  return text !== undefined && /^[-+]?\d{1,18}$/.test(text);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function isKey(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').reverse();
  const isName = name !== '' && isValue(name);
  const isPrefix =
    prefix === undefined || (prefix.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(prefix));
  return isName && isPrefix && more.length === 0;
}

function isValue(text: string): boolean {
  return text.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(text);
}
