import { maxYamlTokens } from '../yaml-limits.ts';
import { beyondAscii, codesOf } from './character-codes.ts';
import { leaveToFullReader } from './irregular-yaml.ts';

/** The most tokens that the full reader would count in a line without braces, brackets and dashes. */
const tokensOfLine = 10;

const tab = 9;
const lineBreak = 10;
const blank = 32;
const hash = 35;
const dash = 45;
const point = 46;
const tilde = 126;

/** 1 for the codes that a line may hold. */
const isOfLine = Uint8Array.from({ length: 256 }, (_, code) => {
  return code === tab || code === beyondAscii || (code >= blank && code <= tilde) ? 1 : 0;
});

/** Goes from one line with content to the next, past empty lines and comments. */
export class BlockLines {
  readonly text: string;
  /** One for each character of the text: codesOf. */
  readonly codes: Uint8Array;
  /** Offset of the line's content, moved on as it is read. */
  start = 0;
  /** Offset of the line's break, or of the end of the text. */
  end = -1;
  /** Column of the content; -1 at the mark of a document and at the end of the text, which end all maps and lists. */
  indent = -1;
  /** Counted from 1. */
  number = 0;
  /** Empty lines just before this one. */
  blanks = 0;
  /** True when comments stand between this line and the one before. */
  commented = false;
  /** True behind the last line. */
  done = false;
  /** Not less than what the full reader would count in this document. */
  #tokens = 0;

  constructor(text: string) {
    this.text = text;
    this.codes = codesOf(text);
  }

  /** Moves to the next line with content, or behind the last one. */
  next(): void {
    this.blanks = 0;
    this.commented = false;
    while (this.end + 1 < this.text.length) {
      if (this.#enter(this.end + 1)) return;
    }
    this.done = true;
    this.indent = -1;
    this.start = this.text.length;
    this.end = this.text.length;
  }

  /** Makes the line with that offset, which comes after this one, the current one. */
  continueIn(offset: number): void {
    while (this.end < offset) {
      this.end = this.#breakFrom(this.end + 1);
      this.number += 1;
    }
  }

  /** Counts a new document from here on. */
  beginDocument(): void {
    this.#tokens = 0;
  }

  /** Where the tokens may be too many the full reader counts them. */
  spend(tokens: number): void {
    this.#tokens += tokens;
    if (this.#tokens > maxYamlTokens) leaveToFullReader();
  }

  /** True when the line begins with the dash of a list. */
  startsItem(): boolean {
    const { start, codes } = this;
    return codes[start] === dash && this.isBlankOrEnd(start + 1);
  }

  /** True at a blank, and where the line ends. */
  isBlankOrEnd(at: number): boolean {
    return at === this.end || this.codes[at] === blank;
  }

  isOnlyBlank(from: number): boolean {
    return this.#skipBlanks(from) === this.end;
  }

  /** Moves to the next content of the line, or to its end when nothing but a comment follows. */
  moveTo(from: number): void {
    const at = this.#skipBlanks(from);
    const isComment = this.codes[at] === hash && at > from;
    this.start = isComment ? this.end : at;
  }

  /** The line has to end here, but for a comment. */
  requireEnd(from: number): void {
    this.moveTo(from);
    if (this.start !== this.end) leaveToFullReader();
  }

  /** False for an empty line or a comment. */
  #enter(begin: number): boolean {
    this.number += 1;
    this.spend(tokensOfLine);
    this.start = this.#skipBlanks(begin);
    this.end = this.#breakFrom(this.start);
    const code = this.codes[this.start];
    if (code === hash) this.commented = true;
    else if (this.start === this.end) this.blanks += 1;
    else {
      this.indent = this.start - begin;
      if (this.indent === 0 && (code === dash || code === point)) this.#refuseMarks();
      return true;
    }
    return false;
  }

  /** A document begins behind `---`; all other marks are left to the full reader. */
  #refuseMarks(): void {
    const { start, end, text } = this;
    if (text.startsWith('...', start)) leaveToFullReader();
    if (!text.startsWith('---', start)) return;
    if (this.#skipBlanks(start + 3) !== end) leaveToFullReader();
    this.indent = -1;
  }

  #skipBlanks(from: number): number {
    const { codes } = this;
    let at = from;
    while (codes[at] === blank) at += 1;
    return at;
  }

  /** Where the line ends. All lines pass here, so this is where control characters are met. */
  #breakFrom(from: number): number {
    const { codes, text } = this;
    let at = from;
    while (isOfLine[codes[at] ?? 0] === 1) at += 1;
    if (codes[at] !== lineBreak && at < text.length) leaveToFullReader();
    return at;
  }
}
