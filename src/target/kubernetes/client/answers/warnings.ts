import { serverWords } from '../../text/server-words.ts';

/** More says nothing new. */
const maxWarnings = 20;

/** The texts of Warning headers: https://www.rfc-editor.org/rfc/rfc7234#section-5.5 */
export function readWarnings(
  header: string | string[] | undefined,
  hidden: readonly string[] | undefined,
): readonly string[] {
  const text = [header ?? []].flat().join(', ');
  const found = [...text.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].slice(0, maxWarnings);
  return found.map(([, quoted = '']) => serverWords(quoted.replaceAll(/\\(.)/g, '$1'), hidden));
}
