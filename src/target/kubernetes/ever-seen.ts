/** More objects than that of one kind are not counted: 40 bytes each. */
const maxSeen = 5_000;

/**
 * Which objects a list and the watch after it have brought, whosever they are: one that was never among them is not there, and need not be
 * asked for. Of each it keeps 32 bits; one that shares them with another, or that is gone, is asked for once in vain.
 */
export class EverSeen {
  /** `undefined` as long as anything may be there. */
  #hashes: Set<number> | undefined;
  readonly #max: number;

  constructor(max: number = maxSeen) {
    this.#max = max;
  }

  /** A list begins: it will bring whatever is there. */
  begin(): void {
    this.#hashes = new Set();
  }

  add(id: string): void {
    this.#hashes?.add(hashOf(id));
    if (this.#hashes !== undefined && this.#hashes.size > this.#max) this.#hashes = undefined;
  }

  /** False only where no such object was there since the list. */
  mayHave(id: string): boolean {
    return this.#hashes?.has(hashOf(id)) ?? true;
  }
}

/** FNV-1a over UTF-16 units: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
