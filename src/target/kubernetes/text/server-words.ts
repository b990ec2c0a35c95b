import { isKind, type KubernetesObject, refOf, withoutTexts } from '../../../core/index.ts';

/** Characters of one sentence of the server that go into a message. */
const maxWords = 400;
/** A value that is longer says less than what is wrong with it. */
const maxEcho = 80;

/** What a message about an object must not repeat: the values of a Secret, as they are written and decoded. Of other kinds nothing. */
export function hiddenTexts(object: KubernetesObject): readonly string[] | undefined {
  if (!isKind(refOf(object), 'secret')) return undefined;
  const encoded = leaves(object['data']);
  const decoded = encoded.map((text) => Buffer.from(text, 'base64').toString('utf8'));
  const all = [...encoded, ...decoded, ...leaves(object['stringData'])].filter(
    (text) => text.length >= minHidden,
  );
  // The longer first: a short one may be a part of it.
  return [...new Set(all)].sort((a, b) => b.length - a.length);
}

function leaves(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [String(value)];
  return Object.values(value).flatMap(leaves);
}

/** Shorter ones tell nothing, and would be found everywhere. */
const minHidden = 4;

/** `Invalid value: VALUE: why`, as the server writes it: texts in quotes, structures in braces. */
const echo =
  /((?:Invalid|Unsupported|Duplicate|Too long|Too many)(?: value)?: )("(?:[^"\\]|\\.)*"|[\w.&*[\]]{0,64}[{[(].*?[}\])]|[^":{[(]*)(?=: |$)/g;
/** https://github.com/kubernetes-sigs/structured-merge-diff: what stood in the place of the type that was expected. */
const typedEcho = /got &?value\.\w+\{Value:.*?\}/g;

/** What stands before a server may repeat the header that it refuses. */
const credential = /\b(?:bearer|basic)[ :=]+[^\s"',]+|\beyJ[\w-]{10,}[\w.-]*/gi;

/** The server's own words, made fit for a message: on one line, of bounded length, without long values and without what is hidden. */
export function serverWords(text: string, hidden: readonly string[] | undefined): string {
  const shown = hidden === undefined ? text : withoutTexts(text, hidden);
  const line = shown
    .slice(0, 16 * maxWords)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(credential, '...')
    .replace(typedEcho, 'got something else')
    .replace(echo, (whole, head: string, value: string) =>
      hidden !== undefined || value.length > maxEcho ? `${head}...` : whole,
    )
    .replace(/ {2,}/g, ' ')
    .trim();
  return line.length > maxWords ? `${line.slice(0, maxWords)}...` : line;
}
