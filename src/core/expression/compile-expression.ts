import type { Expression, ExpressionScope } from './expression.ts';

/**
 * Reads a condition in CEL (https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md). The library is loaded by the first one.
 * @throws SealiftError CONFIG_INVALID with line and column inside the expression.
 */
export async function compileExpression(
  cel: string,
  scope: ExpressionScope,
  subject: string,
): Promise<Expression> {
  const [library, { compileWith }] = await Promise.all([
    import('@marcbachmann/cel-js'),
    import('./compile-with.ts'),
  ]);
  return compileWith(library, cel, scope, subject);
}
