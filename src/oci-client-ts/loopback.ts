const ipv4Loopback = /^127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}$/;

/**
 * True when `HOST[:PORT]` names this very machine: `localhost` and names below it (RFC 6761 section 6.3), 127.0.0.0/8 and `[::1]`, in every
 * spelling that leads there by the URL standard, such as `127.1`: https://url.spec.whatwg.org/#host-parsing. No name is looked up.
 * Only there may traffic go unencrypted without anybody asking for it.
 */
export function isLoopback(host: string): boolean {
  const url = `http://${host === '::1' ? '[::1]' : host}`;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    ipv4Loopback.test(hostname)
  );
}
