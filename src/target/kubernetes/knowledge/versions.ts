const decimal = /^\d{1,20}$/;

/**
 * True when `a` is surely older than `b`. Versions of one resource are decimal numbers that grow, of any length:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions. Where they are not, nothing is surely older.
 */
export function isOlder(a: string, b: string): boolean {
  if (!decimal.test(a) || !decimal.test(b)) return false;
  return BigInt(a) < BigInt(b);
}
