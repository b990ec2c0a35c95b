import type { BlockLines } from './block-lines.ts';
import { leaveToFullReader } from './irregular-yaml.ts';

const lineBreak = 10;
const blank = 32;
const tab = 9;
/** Behind the text. */
const end = 0;

type Chomping = '' | '-' | '+';

function chompingOf(lines: BlockLines): Chomping {
  const mark = lines.text.charAt(lines.start + 1);
  const chomping = mark === '-' || mark === '+' ? mark : '';
  if (!lines.isOnlyBlank(lines.start + 1 + chomping.length)) leaveToFullReader();
  return chomping;
}

/** Lines of a literal block as they are gathered. */
class Literal {
  readonly #lines: BlockLines;
  readonly #parent: number;
  #text = '';
  /** Column of the text; -1 until its first line. */
  #column = -1;
  #breaks = 0;

  constructor(lines: BlockLines, parent: number) {
    this.#lines = lines;
    this.#parent = parent;
  }

  /** Takes all lines of the block; the cursor is then on the last of them. */
  gather(): void {
    const lines = this.#lines;
    let begin = lines.end + 1;
    while (begin < lines.text.length && this.#take(begin)) {
      lines.continueIn(begin);
      begin = lines.end + 1;
    }
    // How a file ends decides how its last block ends: ../full/scalar-text.ts.
    const endsFile = lines.end + 1 >= lines.text.length;
    if (this.#column < 0 || (endsFile && (this.#breaks > 1 || lines.end === lines.text.length))) {
      leaveToFullReader();
    }
  }

  chomped(chomping: Chomping): string {
    if (chomping === '-') return this.#text;
    // Comments behind empty lines that are kept can add one: ../full/scalar-text.ts.
    if (chomping === '+' && this.#breaks > 1 && this.#lines.commented) leaveToFullReader();
    return this.#text + (chomping === '+' ? '\n'.repeat(this.#breaks) : '\n');
  }

  /** False for a line that is no longer part of the block. */
  #take(begin: number): boolean {
    const { codes } = this.#lines;
    let start = begin;
    while (codes[start] === blank) start += 1;
    const code = codes[start];
    if (code === lineBreak && start === begin) {
      this.#breaks += 1;
      return true;
    }
    // Whether blanks are text depends on what follows them.
    if (code === lineBreak || code === tab || code === end) leaveToFullReader();
    return this.#takeText(begin, start - begin);
  }

  #takeText(begin: number, indent: number): boolean {
    if (this.#column < 0) this.#column = indent;
    if (this.#column <= this.#parent) leaveToFullReader();
    if (indent < this.#column) return false;
    const { text } = this.#lines;
    const end = text.indexOf('\n', begin);
    const line = text.slice(begin + this.#column, end < 0 ? text.length : end);
    this.#text += '\n'.repeat(this.#breaks) + line;
    this.#breaks = 1;
    return true;
  }
}

/**
 * The text of a literal block whose mark is the content of this line; its lines are further in than `parent`. The cursor is
 * then on the next line. https://yaml.org/spec/1.2.2/#812-literal-style
 */
export function readLiteral(lines: BlockLines, parent: number): string {
  const chomping = chompingOf(lines);
  const literal = new Literal(lines, parent);
  literal.gather();
  lines.next();
  return literal.chomped(chomping);
}
