type Variables = Readonly<Record<string, 'dyn' | 'string'>>;

/**
 * Variables of an expression with their CEL types: a constant of the program. `any`: every name may be one. With `optionals` and `any`, optional
 * fields (`a.?b.orValue(c)`) may be asked for.
 */
export type ExpressionScope = Variables | { readonly optionals: Variables } | 'any';

export type ExpressionOutcome =
  | { readonly kind: 'value'; readonly holds: boolean }
  /** It cannot be evaluated: a field is missing, or what comes of it is neither true nor false. */
  | { readonly kind: 'fault'; readonly detail: string }
  /** It looks at more than allowed; whatever came of it is worth nothing. */
  | { readonly kind: 'too-long'; readonly maxLooks: number };

/** A condition in CEL, ready to be held against values that anybody may have written. */
export interface Expression {
  /** Never throws. Its cost is bounded. */
  evaluate(values: Readonly<Record<string, unknown>>): ExpressionOutcome;
}
