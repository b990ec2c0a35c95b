import type { Secret } from './values.ts';

/** The values of a Secret, decoded. */
export function secretValues(secret: Secret): Readonly<Record<string, string>> {
  const decoded = Object.entries(secret.data).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { ...Object.fromEntries(decoded), ...secret.stringData };
}
