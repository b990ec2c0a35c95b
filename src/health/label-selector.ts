interface Expression {
  readonly key?: unknown;
  readonly operator?: unknown;
  readonly values?: unknown;
}

/**
 * A selector as requests write it; `undefined` for one that selects everything, or that is none.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
 */
export function labelSelectorText(selector: unknown): string | undefined {
  const { matchLabels, matchExpressions } = (selector ?? {}) as {
    matchLabels?: Readonly<Record<string, unknown>>;
    matchExpressions?: readonly Expression[];
  };
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const others = (matchExpressions ?? []).map(expressionText);
  const all = [...equal, ...others];
  return all.length === 0 || all.includes(undefined) ? undefined : all.join(',');
}

function expressionText({ key, operator, values }: Expression): string | undefined {
  const listed = Array.isArray(values) ? `(${values.join(',')})` : '()';
  switch (operator) {
    case 'In':
      return `${key} in ${listed}`;
    case 'NotIn':
      return `${key} notin ${listed}`;
    case 'Exists':
      return `${key}`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return undefined;
  }
}
