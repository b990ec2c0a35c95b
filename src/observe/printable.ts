/** Control characters, and those that change the direction of text: what a publisher writes must not steer a terminal. */
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text that is safe to print on a terminal, on one line. */
export function printable(text: string): string {
  return text.replaceAll(steering, '\ufffd');
}
