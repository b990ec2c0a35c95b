import { RE2JS } from 're2js';
import { SopsFault } from './sops-tree.ts';

/** Characters of a pattern in a file's metadata; real ones name a handful of keys. */
const maxPatternLength = 4096;

/** Comments that stand above a value and those around it, from the outermost map or list inwards. */
export type CommentStack = readonly (readonly string[])[];

/** Which values of a file are encrypted. */
export interface EncryptionRule {
  /** True when comments decide: then a place alone does not tell. */
  readonly byComment: boolean;
  /** `path` names the keys that lead to a value; the indices of lists are no part of it. */
  encrypts(path: readonly string[], comments: CommentStack, isComment: boolean): boolean;
}

function find(pattern: string): (text: string) => boolean {
  if (pattern.length > maxPatternLength) {
    throw new SopsFault(`expected patterns of at most ${maxPatternLength} characters, got ${pattern.length}`);
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch {
    throw new SopsFault('a pattern of its metadata is no regular expression in RE2 syntax');
  }
}

function byPath(matches: (key: string) => boolean, encrypted: boolean): EncryptionRule {
  return { byComment: false, encrypts: (path) => path.some(matches) === encrypted };
}

function byComment(matches: (comment: string) => boolean, encrypted: boolean): EncryptionRule {
  return {
    byComment: true,
    encrypts: (_path, comments, isComment) => {
      const all = comments.flat();
      // The comment that asks for encryption stays readable itself.
      const deciding = encrypted && isComment ? all.slice(0, -1) : all;
      return deciding.some(matches) === encrypted;
    },
  };
}

/** What SOPS takes for a rule where the metadata names none. */
const defaultSuffix = '_unencrypted';

const kinds: readonly (readonly [field: string, rule: (text: string) => EncryptionRule])[] = [
  ['unencrypted_suffix', (suffix) => byPath((key) => key.endsWith(suffix), false)],
  ['encrypted_suffix', (suffix) => byPath((key) => key.endsWith(suffix), true)],
  ['unencrypted_regex', (pattern) => byPath(find(pattern), false)],
  ['encrypted_regex', (pattern) => byPath(find(pattern), true)],
  ['unencrypted_comment_regex', (pattern) => byComment(find(pattern), false)],
  ['encrypted_comment_regex', (pattern) => byComment(find(pattern), true)],
];

/** The rule that a file's metadata states. @throws SopsFault for more than one, and for patterns that are none. */
export function encryptionRule(field: (name: string) => string): EncryptionRule {
  const stated = kinds.filter(([name]) => field(name) !== '');
  if (stated.length > 1) {
    throw new SopsFault(`expected one rule, got ${stated.map(([name]) => name).join(' and ')}`);
  }
  const [only] = stated;
  if (only === undefined) return byPath((key) => key.endsWith(defaultSuffix), false);
  const [name, rule] = only;
  return rule(field(name));
}
