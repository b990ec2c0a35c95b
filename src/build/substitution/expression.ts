/**
 * The language of `spec.postBuild`: `${name}` and its operators, as kustomize-controller reads them
 * (https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution).
 */
export type Template = readonly Part[];
export type Part = string | Expression;

export interface Expression {
  readonly name: string;
  /** Empty for `${name}`; `length` for `${#name}`; otherwise as written. */
  readonly operator: string;
  readonly operands: readonly Template[];
}

/** A text that is not in the language. The message names variables and quotes nothing else. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Expressions inside each other; deeper ones were made to exhaust the stack. */
const maxNesting = 32;

const namePattern = /[\p{L}\p{Nd}_]+/uy;
const operatorPattern = /:[-=?+]|=|[,^]{1,2}|\/[/#%]?|##?|%%?|:/y;

/** How far the text of an operand goes, and whether `\/`, `\\` and `$$` stand for one character in it. */
interface OperandForm {
  readonly ends: string;
  readonly escapes: boolean;
}

const word: OperandForm = { ends: '}', escapes: false };
const position: OperandForm = { ends: ':}', escapes: false };
const searched: OperandForm = { ends: '/', escapes: true };
const replacement: OperandForm = { ends: '}', escapes: true };

class TemplateReader {
  readonly #text: string;
  #at = 0;
  #nesting = 0;

  constructor(text: string) {
    this.#text = text;
  }

  template(): Template {
    const parts: Part[] = [];
    while (this.#at < this.#text.length) {
      if (this.#startsExpression()) parts.push(this.#expression());
      else parts.push(this.#literal());
    }
    return parts;
  }

  /** Text up to the next expression; `$$` is `$` and starts nothing. */
  #literal(): string {
    let literal = '';
    while (this.#at < this.#text.length && !this.#startsExpression()) {
      if (this.#text.startsWith('$$', this.#at)) this.#at += 1;
      const next = this.#text.indexOf('$', this.#at + 1);
      const end = next < 0 ? this.#text.length : next;
      literal += this.#text.slice(this.#at, end);
      this.#at = end;
    }
    return literal;
  }

  #startsExpression(): boolean {
    return this.#text.startsWith('${', this.#at);
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #expression(): Expression {
    this.#at += 2;
    this.#nesting += 1;
    if (this.#nesting > maxNesting) {
      throw new ExpressionError(`expected at most ${maxNesting} expressions inside each other, got more`);
    }
    const expression = this.#peek() === '#' ? this.#length() : this.#named();
    this.#nesting -= 1;
    return expression;
  }

  #close(expression: Expression): Expression {
    if (this.#peek() !== '}') {
      const { name, operator } = expression;
      throw new ExpressionError(`expected "}" to end \${${operator === 'length' ? '#' : ''}${name}`);
    }
    this.#at += 1;
    return expression;
  }

  #length(): Expression {
    this.#at += 1;
    const name = this.#match(namePattern);
    if (name === undefined) throw new ExpressionError('expected a variable name behind ${#');
    return this.#close({ name, operator: 'length', operands: [] });
  }

  #named(): Expression {
    const name = this.#match(namePattern);
    if (name === undefined)
      throw new ExpressionError('expected a variable name behind ${; write $${ for a literal');
    const operator = this.#match(operatorPattern) ?? '';
    return this.#close({ name, operator, operands: this.#operands(name, operator) });
  }

  #operands(name: string, operator: string): readonly Template[] {
    if (operator === '' || /^[,^]/.test(operator)) return [];
    if (operator === ':') return this.#positions(name);
    if (operator.startsWith('/')) return this.#search(name);
    if (/^[#%]/.test(operator)) return [[this.#operand(name, word)]];
    return [this.#default(name)];
  }

  /** One operand: a single expression, or text that is not empty. */
  #operand(name: string, form: OperandForm): Part {
    if (this.#startsExpression()) return this.#expression();
    const text = this.#operandText(form);
    if (text === '') throw new ExpressionError(`expected an operand in \${${name}…}`);
    return text;
  }

  #operandText({ ends, escapes }: OperandForm): string {
    let text = '';
    while (this.#at < this.#text.length && !this.#startsExpression()) {
      if (escapes && /^(\$\$|\\[/\\])$/.test(this.#text.slice(this.#at, this.#at + 2))) this.#at += 1;
      else if (ends.includes(this.#peek())) break;
      text += this.#peek();
      this.#at += 1;
    }
    return text;
  }

  #default(name: string): Template {
    const parts: Part[] = [];
    while (this.#peek() !== '}') parts.push(this.#operand(name, word));
    return parts;
  }

  #positions(name: string): readonly Template[] {
    const start = this.#operand(name, position);
    if (this.#match(/:+/y) === undefined) return [[start]];
    return [[start], [this.#operand(name, word)]];
  }

  #search(name: string): readonly Template[] {
    const sought = this.#operand(name, searched);
    if (this.#match(/\/+/y) === undefined) throw new ExpressionError(`expected "/" in \${${name}/…}`);
    if (this.#peek() === '}') return [[sought]];
    return [[sought], [this.#operand(name, replacement)]];
  }
}

/** @throws ExpressionError */
export function parseTemplate(text: string): Template {
  return new TemplateReader(text).template();
}
