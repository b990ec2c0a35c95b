import type { ListForm } from './list-form.ts';
import { resolvePlain, type Scalar, type ScalarRules } from './scalar.ts';

/**
 * What a scalar without quotes stands for. It depends on where it ends up: kustomize prints what it read and reads it again,
 * and inside brackets it puts quotes around what YAML does not allow there as it is.
 */
export interface PlainReadings {
  readonly block: Scalar;
  /** Inside `[]` and `{}`. */
  readonly flow: Scalar;
  /** As the value of an annotation, which is text, whatever it looks like. */
  readonly annotation: string;
}

/** The empty scalar, and a time, whose colons are taken for those of a map. */
function isQuotedInFlow(text: string, value: Scalar): boolean {
  return text === '' || (typeof value === 'string' && value !== text && /[:,]/.test(text));
}

export function readPlain(text: string, rules: ScalarRules, list: ListForm): PlainReadings {
  const block = resolvePlain(text, rules);
  if (rules === 'printed') return { block, flow: block, annotation: text };
  if (list === 'converted') return { block, flow: block, annotation: String(block) };
  return { block, flow: isQuotedInFlow(text, block) ? text : block, annotation: text };
}
