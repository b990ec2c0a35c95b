import { createHash, type Hash } from 'node:crypto';
import type { EncryptionRule } from './encryption-rule.ts';
import { fixedFloat } from './go-text.ts';
import {
  isBranch,
  isComment,
  type SopsComment,
  type SopsEntry,
  SopsFault,
  type SopsLeaf,
  type SopsList,
  type SopsMap,
  type SopsPair,
  type SopsValue,
} from './sops-tree.ts';
import { decryptValue, isEncryptedValue } from './value-cipher.ts';

/** SHA-256 of `sops`: what a MAC over encrypted values alone begins with. */
const macOnlyEncryptedStart = createHash('sha256').update('sops').digest();

export interface TreeKey {
  readonly key: Uint8Array;
  readonly rule: EncryptionRule;
  readonly macOnlyEncrypted: boolean;
  /**
   * In an object that was built comments are gone, and where they decide, what is encrypted is told by its look. Its place is authenticated
   * either way.
   */
  readonly byLook?: boolean;
}

/** What the MAC takes of a value: https://github.com/getsops/sops/blob/v3.13.3/README.rst#message-authentication-code */
function macBytes(leaf: SopsLeaf): string | Uint8Array {
  if (typeof leaf === 'string') return leaf;
  if (typeof leaf === 'boolean') return leaf ? 'True' : 'False';
  if (typeof leaf !== 'object' || leaf === null) return String(leaf);
  if (leaf.kind === 'bytes') return leaf.bytes;
  return leaf.kind === 'float' ? fixedFloat(leaf.value) : leaf.text;
}

function additionalData(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

function looksEncrypted(leaf: SopsLeaf): boolean {
  return typeof leaf === 'string' && isEncryptedValue(leaf);
}

/** Walks the trees of one file in the order of the file. */
class TreeWalk {
  readonly #treeKey: TreeKey;
  readonly #mac: Hash = createHash('sha512');
  readonly #path: string[] = [];
  readonly #comments: string[][] = [];

  constructor(treeKey: TreeKey) {
    this.#treeKey = treeKey;
    if (treeKey.macOnlyEncrypted) this.#mac.update(macOnlyEncryptedStart);
  }

  mac(): string {
    return this.#mac.digest('hex').toUpperCase();
  }

  map(map: SopsMap): SopsMap {
    return this.#level((comments) => {
      const entries = map.entries.map((entry): SopsEntry => {
        if (entry.kind === 'comment') {
          comments.push(entry.text);
          return this.#comment(entry);
        }
        const pair = this.#pair(entry);
        comments.length = 0;
        return pair;
      });
      return { kind: 'map', entries };
    });
  }

  #list(list: SopsList): SopsList {
    return this.#level((comments) => {
      const items: SopsValue[] = [];
      for (const item of list.items) {
        if (isComment(item)) comments.push(item.text);
        items.push(this.#value(item));
        if (!isComment(item)) comments.length = 0;
      }
      return { kind: 'list', items };
    });
  }

  /** Comments of a map or list hold for what stands inside of it, until the next value of the same level. */
  #level<T>(walk: (comments: string[]) => T): T {
    const comments: string[] = [];
    this.#comments.push(comments);
    const result = walk(comments);
    this.#comments.pop();
    return result;
  }

  #pair({ key, value }: SopsPair): SopsPair {
    this.#path.push(key);
    const opened = this.#value(value);
    this.#path.pop();
    return { kind: 'pair', key, value: opened };
  }

  #value(value: SopsValue): SopsValue {
    if (isBranch(value)) return value.kind === 'map' ? this.map(value) : this.#list(value);
    if (value === null) return null;
    return isComment(value) ? this.#comment(value) : this.#leaf(value);
  }

  #encrypted(isCommentLine: boolean): boolean {
    return this.#treeKey.rule.encrypts(this.#path, this.#comments, isCommentLine);
  }

  /**
   * Comments are not part of the MAC, and old versions of SOPS left them as they were. Which map the last comment of a block belongs to is a
   * matter of taste among YAML libraries, so the maps around it are tried, too.
   */
  #comment(comment: SopsComment): SopsComment {
    if (!this.#encrypted(true) || !isEncryptedValue(comment.text)) return comment;
    for (let length = this.#path.length; length >= 0; length -= 1) {
      const opened = this.#tryOpen(comment.text, this.#path.slice(0, length));
      if (opened !== undefined) return opened;
    }
    return comment;
  }

  #tryOpen(text: string, path: readonly string[]): SopsComment | undefined {
    try {
      const opened = decryptValue(text, this.#treeKey.key, additionalData(path));
      return isComment(opened) ? opened : undefined;
    } catch (thrown) {
      if (thrown instanceof SopsFault) return undefined;
      throw thrown;
    }
  }

  #leaf(leaf: Exclude<SopsLeaf, null | SopsComment>): SopsLeaf {
    const encrypted = this.#treeKey.byLook === true ? looksEncrypted(leaf) : this.#encrypted(false);
    if (encrypted && typeof leaf !== 'string') {
      throw new SopsFault(`${this.#place()} is not encrypted, but its place asks for it`);
    }
    const opened = encrypted ? this.#openAtPlace(String(leaf)) : leaf;
    if (!isComment(opened) && (encrypted || !this.#treeKey.macOnlyEncrypted)) {
      this.#mac.update(macBytes(opened));
    }
    return opened;
  }

  #openAtPlace(text: string): SopsLeaf {
    try {
      return decryptValue(text, this.#treeKey.key, additionalData(this.#path));
    } catch (thrown) {
      if (thrown instanceof SopsFault) throw new SopsFault(`${this.#place()}: ${thrown.message}`);
      throw thrown;
    }
  }

  #place(): string {
    return `/${this.#path.join('/')}`;
  }
}

/** Opens the values of all trees of a file; `mac` is what they add up to. @throws SopsFault */
export function decryptTrees(
  trees: readonly SopsMap[],
  treeKey: TreeKey,
): { readonly trees: readonly SopsMap[]; readonly mac: string } {
  const walk = new TreeWalk(treeKey);
  const opened = trees.map((tree) => walk.map(tree));
  return { trees: opened, mac: walk.mac() };
}
