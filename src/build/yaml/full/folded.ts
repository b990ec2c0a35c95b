function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** What go-yaml 3 writes in quotes instead of a block (its yaml_emitter_analyze_scalar). */
const neverBlock = / (\n|$)|[^\n\t\P{Cc}]|[\ufeff\ufffe\uffff]|[\u{10000}-\u{10ffff}]/u;

/** The lines that go-yaml 3 writes for folded text. It looks at the first line where it means the next one. */
function print(text: string): string {
  const doubles = !isBlank(text.replace(/^\n+/, '').charAt(0));
  let previousIndented = true;
  return text
    .split('\n')
    .map((line, index, lines) => {
      const last = index === lines.length - 1;
      if (line === '') return last ? '' : '\n';
      previousIndented = isBlank(line.charAt(0));
      if (last) return line;
      return doubles && !previousIndented ? `${line}\n\n` : `${line}\n`;
    })
    .join('');
}

/** Reads the lines of folded text (https://yaml.org/spec/1.2.2/#813-folded-style); the breaks at the end are left off. */
function read(lines: string): string {
  let text = '';
  let breaks = '';
  let previous: string | undefined;
  for (const line of lines.split('\n')) {
    if (line === '') {
      breaks += '\n';
      continue;
    }
    const folds = previous !== undefined && !isBlank(previous.charAt(0)) && !isBlank(line.charAt(0));
    if (folds) text += breaks.length === 1 ? ' ' : breaks.slice(1);
    else text += breaks;
    text += line;
    breaks = '\n';
    previous = line;
  }
  return text;
}

/**
 * Folded text as kustomize yields it: it prints what it read and reads it again, and what it prints has one line break too many
 * before an indented line, and none too many where the first line is indented.
 */
export function reprintFolded(text: string): string {
  if (text === '' || neverBlock.test(text)) return text;
  const printed = print(text);
  const [end = ''] = /\n*$/.exec(text) ?? [];
  const [printedEnd = ''] = /\n*$/.exec(printed) ?? [];
  const kept = end.length > 1 || text === '\n' ? printedEnd : end;
  return read(printed.slice(0, printed.length - printedEnd.length)) + kept;
}
