import { SealiftError } from '../../core/index.ts';
import type { KeyText } from './key-material.ts';
import { SopsFault } from './sops-tree.ts';
import { dataKeyBytes } from './value-cipher.ts';

/** Identities of one build. Each is tried on every age recipient of every file. */
const maxIdentities = 64;

const identityPattern = /^AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]+$/;

interface Line {
  readonly place: string;
  readonly identity: string;
}

function linesOf({ place, text }: KeyText): readonly Line[] {
  const lines = text
    .split('\n')
    .map((line, index) => ({ place: `${place}:${index + 1}`, identity: line.trim() }));
  return lines.filter(({ identity }) => identity !== '' && !identity.startsWith('#'));
}

function invalid(place: string): SealiftError {
  // What the line holds may be a key with a typing error.
  return new SealiftError(
    'CONFIG_INVALID',
    place,
    'expected an age identity (AGE-SECRET-KEY-…), got something else',
  );
}

/** Age identities, X25519 and post-quantum hybrid ones. They stay in memory. */
export class AgeKeys {
  readonly #identities: readonly string[];
  /** The public halves. */
  readonly recipients: ReadonlySet<string>;

  private constructor(identities: readonly string[], recipients: readonly string[]) {
    this.#identities = identities;
    this.recipients = new Set(recipients);
  }

  /** @throws SealiftError CONFIG_INVALID naming the line, never what it holds. */
  static async read(texts: readonly KeyText[]): Promise<AgeKeys> {
    const lines = texts.flatMap(linesOf);
    const [first] = lines;
    if (first === undefined) return new AgeKeys([], []);
    if (lines.length > maxIdentities) {
      throw new SealiftError(
        'CONFIG_INVALID',
        first.place,
        `expected at most ${maxIdentities} age identities, got ${lines.length}`,
      );
    }
    const { identityToRecipient } = await import('age-encryption');
    const recipients: string[] = [];
    for (const { place, identity } of lines) {
      if (!identityPattern.test(identity)) throw invalid(place);
      const recipient = await identityToRecipient(identity).catch(() => undefined);
      if (recipient === undefined) throw invalid(place);
      recipients.push(recipient);
    }
    return new AgeKeys(
      lines.map(({ identity }) => identity),
      recipients,
    );
  }

  /**
   * The data key that an armored age file holds; `undefined` when none of the identities opens it.
   * @throws SopsFault when it is meant for one of them and damaged.
   */
  async open(recipient: string, armored: string): Promise<Uint8Array | undefined> {
    if (this.#identities.length === 0) return undefined;
    const { armor, Decrypter } = await import('age-encryption');
    const decrypter = new Decrypter();
    for (const identity of this.#identities) decrypter.addIdentity(identity);
    try {
      const opened = await decrypter.decrypt(armor.decode(armored));
      if (opened.length === dataKeyBytes) return opened;
    } catch {
      if (!this.recipients.has(recipient)) return undefined;
    }
    throw new SopsFault('the data key that age encrypted is damaged');
  }
}
