const ipv4Loopback = /^127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}$/;

/**
 * True when `HOST[:PORT]` names this very machine: `localhost` and names below it (RFC 6761 section 6.3), 127.0.0.0/8, `[::1]`.
 * Only there may traffic go unencrypted without anybody asking for it.
 */
export function isLoopback(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/:[0-9]{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || ipv4Loopback.test(name);
}
