import type { Answer } from './answer.ts';

/** Media type without parameters, lower case. */
export function contentType(answer: Answer): string | undefined {
  return answer.header('content-type')?.split(';')[0]?.trim().toLowerCase();
}
