const written = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/;

/** An IPv4 address inside an IPv6 one, as the URL standard writes it: the same machine to whoever connects. https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2 */
const mapped = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/;

/**
 * One text for every way to write `HOST[:PORT]` that leads to the same place, so far as text can tell: octal, hexadecimal and short IPv4
 * addresses, IPv6 ones with and without zeroes, a dot at the end, zeroes before the port. Connections are made by the URL standard, so it is
 * the judge here, too: https://url.spec.whatwg.org/#host-parsing. What it cannot read stays as it is.
 */
export function canonicalHost(host: string): string {
  const [, name, port] = written.exec(host) ?? [];
  if (name === undefined || !URL.canParse(`http://${name}`)) return host;
  const { hostname } = new URL(`http://${name}`);
  const dotless = hostname.replace(/\.$/, '');
  return `${unmapped(dotless)}${port === undefined ? '' : `:${Number(port)}`}`;
}

function unmapped(hostname: string): string {
  const parts = mapped.exec(hostname)?.slice(1);
  if (parts === undefined) return hostname;
  return parts
    .map((part) => Number.parseInt(part, 16))
    .flatMap((part) => [part >> 8, part & 0xff])
    .join('.');
}
