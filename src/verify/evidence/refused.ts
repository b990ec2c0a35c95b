import type { ErrorCode } from '../../core/index.ts';

/** Why evidence is no proof. Thrown while one candidate is read, turned into a `Refusal` before it leaves the room. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

/** Remote text that is quoted in a detail is cut to this many characters: enough to recognise it, too short to flood a log. */
const maxQuoted = 120;

/** Remote text for a detail: as JSON, so that no control character reaches a terminal, and short. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, maxQuoted));
}
