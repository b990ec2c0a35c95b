/** A moment to the second in UTC, as the Kubernetes API writes it. `at` is milliseconds since the epoch. */
export function rfc3339(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
