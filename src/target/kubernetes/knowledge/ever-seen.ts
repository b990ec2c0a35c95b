/** 128 KiB, of which only the pages that were written to are in memory: among 100,000 objects one in eleven is asked for in vain. */
const places = 2 ** 20;

/**
 * Which objects a list and the watch after it have brought, whosever they are: one that was never among them is not there, and need not be
 * asked for. Of each it keeps one bit; one that shares it with another, or that is gone, is asked for once in vain.
 */
export class EverSeen {
  /** `undefined` as long as anything may be there. */
  #bits: Uint8Array | undefined;

  /** A list begins: it will bring whatever is there. */
  begin(): void {
    this.#bits = new Uint8Array(places / 8);
  }

  add(id: string): void {
    if (this.#bits === undefined) return;
    const place = placeOf(id);
    this.#bits[place >>> 3] = (this.#bits[place >>> 3] ?? 0) | (1 << (place & 7));
  }

  /** False only where no such object was there since the list. */
  mayHave(id: string): boolean {
    if (this.#bits === undefined) return true;
    const place = placeOf(id);
    return ((this.#bits[place >>> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }
}

/** FNV-1a over UTF-16 units, folded to as many bits as there are places: http://www.isthe.com/chongo/tech/comp/fnv/ */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 20)) & (places - 1);
}
