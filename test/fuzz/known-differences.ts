import { canonicalWithout } from './canonical-json.ts';

/** Where the plain build and kustomize may differ. Each is told, with its reason, in docs/build-differences.md. */
interface KnownDifference {
  readonly name: string;
  readonly holds: (text: string, ours: string, theirs: string) => boolean;
}

const weRefuse =
  (message: RegExp) =>
  (_text: string, ours: string): boolean =>
    ours.startsWith('refused: ') && message.test(ours);

const theyRefuse =
  (message: RegExp) =>
  (_text: string, ours: string, theirs: string): boolean =>
    !ours.startsWith('refused: ') && theirs.startsWith('refused: ') && message.test(theirs);

/** Both build, and are equal once what is named is left out of both. */
const sameWithout =
  (leaveOut: (key: string, value: unknown) => boolean) =>
  (_text: string, ours: string, theirs: string): boolean =>
    !ours.startsWith('refused: ') &&
    !theirs.startsWith('refused: ') &&
    canonicalWithout(ours, leaveOut) === canonicalWithout(theirs, leaveOut);

export const knownDifferences: readonly KnownDifference[] = [
  { name: 'labels that are no text', holds: weRefuse(/metadata\.labels: expected a (string|map)/) },
  {
    name: 'annotations that are lists or maps',
    holds: weRefuse(/metadata\.annotations: expected a (string|map)/),
  },
  {
    name: 'labels that the API refuses',
    holds: weRefuse(/metadata\.(labels|annotations): expected (NAME|at most)/),
  },
  { name: 'keys that are no text', holds: weRefuse(/expected a string as key/) },
  {
    name: 'faults in merged maps',
    holds: (text, ours) => /<</.test(text) && weRefuse(/appears twice|behind <</)(text, ours),
  },
  { name: 'tags', holds: weRefuse(/(a tag|the tag !!\S+) is not supported|could not resolve tag/) },
  { name: 'documents that are no objects', holds: weRefuse(/expected a Kubernetes object/) },
  { name: 'infinity', holds: weRefuse(/infinity and NaN/) },
  { name: 'control characters', holds: weRefuse(/control character U\+/) },
  {
    name: 'question marks in brackets',
    holds: weRefuse(/expected quotes around text that begins with "\?"/),
  },
  { name: 'colons in braces', holds: weRefuse(/expected a blank behind the colon/) },
  { name: 'blanks above the text of a block', holds: weRefuse(/more-indented leading empty lines/) },
  { name: 'blanks behind a number', holds: weRefuse(/no lines of blanks in a block/) },
  { name: 'indentation in brackets and quotes', holds: weRefuse(indentationErrors()) },
  { name: 'names', holds: weRefuse(/metadata\.name: expected/) },
  { name: 'directives', holds: theyRefuse(/expected <document start>|incompatible YAML document/) },
  {
    name: 'a document end at the beginning',
    holds: (text, ours, theirs) => {
      return /^\ufeff?\.\.\./.test(text) && theyRefuse(/expected node content/)(text, ours, theirs);
    },
  },
  { name: 'tabs', holds: theyRefuse(/found character that cannot start any token|found a tab character/) },
  {
    name: 'escapes',
    holds: theyRefuse(/unknown escape character|Unicode character escape code|yaml: control characters/),
  },
  {
    name: 'syntax that go-yaml does not know',
    holds: theyRefuse(/expected ',' or '[}\]]'|expected node content|tag URI|expected ':'/),
  },
  {
    name: 'comments in brackets',
    holds: (text, ours, theirs) =>
      /:\s*,\s*#/.test(text) && theyRefuse(/invalid map key/)(text, ours, theirs),
  },
  { name: 'tags of numbers', holds: theyRefuse(/cannot decode !!float/) },
  {
    name: 'a quoted merge key',
    holds: (text, ours, theirs) =>
      /["']<<["']/.test(text) &&
      (sameWithout(isMergeOrNothing)(text, ours, theirs) ||
        theyRefuse(/map merge requires map/)(text, ours, theirs)),
  },
  { name: 'labels and fields of metadata without a value', holds: sameWithout(isNothing) },
  {
    name: 'an escaped line break of YAML 1.1',
    holds: (text, ours, theirs) => {
      const written = /\\N|\\x85|\\u0085/.test(text);
      return written && sameWithout(isMergeOrNothing)(text, ours.replaceAll('\u0085', ' '), theirs);
    },
  },
];

/** Several of these stand in one file. */
function isMergeOrNothing(key: string, value: unknown): boolean {
  return key === '<<' || isNothing(key, value);
}

function isNothing(_key: string, value: unknown): boolean {
  return value === null || value === '';
}

function indentationErrors(): RegExp {
  return /is not YAML: (missing closing ['"]quote|flow (map|sequence) in block collection|block collections are not allowed within flow|implicit keys of flow sequence)/;
}

/** The name of the listed difference that two outcomes show. */
export function knownDifference(text: string, ours: string, theirs: string): string | undefined {
  return knownDifferences.find(({ holds }) => holds(text, ours, theirs))?.name;
}
