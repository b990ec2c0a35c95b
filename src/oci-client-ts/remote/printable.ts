/** Characters of remote text that go into an error: enough for a sentence. */
const maxRemoteText = 200;

/**
 * Remote text made fit for an error line: printable ASCII on one line, cut, and without anything that looks like a credential, since some
 * servers repeat the header they refused.
 */
export function printable(text: string): string {
  return text
    .slice(0, 4 * maxRemoteText)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/\b(bearer|basic)[ :=]+[^\s"',]+/gi, '$1 ...')
    .replace(/\beyJ[\w-]{10,}[\w.-]*/g, '...')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, maxRemoteText);
}
