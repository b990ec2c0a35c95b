import { SealiftError } from '../../core/index.ts';

/**
 * YAML 1.2.2 forbids these (5.1), but for U+0085, U+2028 and U+2029. They end a line in YAML 1.1, so for kustomize, and none in
 * YAML 1.2: text behind one of them would mean different things to different readers.
 */
const forbiddenCharacter =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\u2028\u2029]/;

export function hasForbiddenCharacter(text: string): boolean {
  return forbiddenCharacter.test(text);
}

/** @throws SealiftError YAML_MALFORMED naming the line of a character that YAML forbids. */
export function refuseForbiddenCharacters(file: string, text: string): void {
  const at = text.search(forbiddenCharacter);
  if (at < 0) return;
  const line = text.slice(0, at).split('\n').length;
  const code = text.charCodeAt(at).toString(16).padStart(4, '0');
  const detail = `control character U+${code} is not allowed; write it as an escape in double quotes`;
  throw new SealiftError('YAML_MALFORMED', `${file}:${line}`, detail);
}

/** The text of a file as both readers of YAML take it: no byte order marks, no CRLF. */
export function yamlText(content: string): string {
  const marked = content.includes('\ufeff') ? content.replaceAll(/^\ufeff/gm, '') : content;
  return marked.includes('\r\n') ? marked.replaceAll('\r\n', '\n') : marked;
}
