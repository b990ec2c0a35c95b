const needsQuotes =
  /^[-?:](\s|$)|^[#,[\]{}&*!|>'"%@`\s]|^(---|\.\.\.)|:(\s|$)|\s#|\s$|[\p{Cc}\p{Zl}\p{Zp}\u{feff}\u{10000}-\u{10ffff}]/u;

/** True when Flux prints this string without quotes, so that what is substituted into it decides what it becomes. */
export function printsPlain(text: string): boolean {
  return text !== '' && !needsQuotes.test(text);
}
