import { describe, expect, it } from 'vitest';
import { judgeHop } from './hop.ts';
import { nextLink } from './link.ts';
import { registryOrigin } from './origin.ts';
import { judgeRealm } from './realm-rule.ts';
import { judgeRedirect, maxRedirects } from './redirect-rule.ts';

const registry = new URL('https://reg.example/v2/app/blobs/x');

describe('judgeHop', () => {
  it.each([
    ['a path', '/v2/x?a=b', 'same-origin', 'https://reg.example/v2/x?a=b'],
    ['a relative path', 'y', 'same-origin', 'https://reg.example/v2/app/blobs/y'],
    ['the same host in full', 'https://reg.example/z', 'same-origin', 'https://reg.example/z'],
    ['the default port written out', 'https://reg.example:443/z', 'same-origin', 'https://reg.example/z'],
    ['another port', 'https://reg.example:8443/z', 'foreign', 'https://reg.example:8443/z'],
    ['another host', 'https://cdn.example/z', 'foreign', 'https://cdn.example/z'],
    ['another host without scheme', '//cdn.example/z', 'foreign', 'https://cdn.example/z'],
    ['a private address, as storage on premises has', 'https://10.0.0.7/z', 'foreign', 'https://10.0.0.7/z'],
  ])('takes %s', (_behaviour, location, kind, href) => {
    const hop = judgeHop(registry, location);
    expect({ kind: hop.kind, href: hop.kind === 'refused' ? hop.reason : hop.url.href }).toEqual({
      kind,
      href,
    });
  });

  it.each([
    ['nothing', undefined, 'no address'],
    ['an empty text', '', 'no address'],
    ['no URL', 'https://', 'an address that is no URL'],
    ['encryption lost', 'http://cdn.example/z', 'unencrypted cdn.example'],
    ['encryption lost on the same host', 'http://reg.example/z', 'unencrypted reg.example'],
    ['a file', 'file:///etc/passwd', 'an address with file:'],
    ['a user name', 'https://me:pw@cdn.example/', 'an address with a user name'],
    ['the own machine', 'https://127.0.0.1/z', 'the loopback address 127.0.0.1'],
    ['the own machine in odd spelling', 'https://0x7f.1/z', 'the loopback address 127.0.0.1'],
    ['the own machine as one number', 'https://2130706433/', 'the loopback address 127.0.0.1'],
    ['the own machine by name', 'https://localhost/z', 'the loopback address localhost'],
    ['this host', 'https://0.0.0.0/z', 'the loopback address 0.0.0.0'],
    ['the own machine in IPv6', 'https://[::1]/z', 'the loopback address [::1]'],
    [
      'the own machine mapped into IPv6',
      'https://[::ffff:127.0.0.1]/',
      'the loopback address [::ffff:7f00:1]',
    ],
    [
      'the cloud metadata address',
      'https://169.254.169.254/latest',
      'the link-local address 169.254.169.254',
    ],
    ['a link-local IPv6 address', 'https://[fe80::1]/', 'the link-local address [fe80::1]'],
    ['metadata of AWS', 'https://[fd00:ec2::254]/', 'the metadata address [fd00:ec2::254]'],
    ['metadata of Google', 'https://[fd20:ce::254]/', 'the metadata address [fd20:ce::254]'],
    ['metadata of Alibaba', 'https://100.100.100.200/', 'the metadata address 100.100.100.200'],
    [
      'metadata mapped into IPv6',
      'https://[::ffff:100.100.100.200]/',
      'the metadata address [::ffff:6464:64c8]',
    ],
    ['an endless address', `/${'a'.repeat(20_000)}`, 'an address of 20001 characters'],
  ])('refuses %s', (_behaviour, location, reason) => {
    expect(judgeHop(registry, location)).toEqual({ kind: 'refused', reason });
  });

  it('lets a loopback registry point at loopback, and nobody at metadata', () => {
    const local = new URL('http://localhost:5000/v2/');
    expect(judgeHop(local, 'http://127.0.0.1:9000/x').kind).toBe('foreign');
    expect(judgeHop(local, 'http://169.254.169.254/').kind).toBe('refused');
    expect(judgeHop(local, 'http://[fd00:ec2::254]/').kind).toBe('refused');
  });
});

describe('judgeRedirect', () => {
  const step = {
    method: 'GET',
    status: 307,
    from: registry,
    location: '/next',
    hops: 0,
    foreign: 'follow',
  } as const;
  it.each([
    ['takes 200 as final', { status: 200 }, { kind: 'final' }],
    ['takes 304 as final', { status: 304 }, { kind: 'final' }],
    ['follows on the same host', {}, { kind: 'follow', foreign: false }],
    ['follows a HEAD', { method: 'HEAD' as const }, { kind: 'follow' }],
    ['follows to another host', { location: 'https://cdn.example/' }, { kind: 'follow', foreign: true }],
    [
      'keeps manifests on their host',
      { location: 'https://cdn.example/', foreign: 'refuse' as const },
      { kind: 'refused', reason: 'it leads to another host, cdn.example' },
    ],
    ['sends no PUT elsewhere', { method: 'PUT' as const }, { kind: 'refused', reason: 'it answers a PUT' }],
    ['ends a chain', { hops: maxRedirects }, { kind: 'refused', reason: 'it would be number 6, limit 5' }],
    ['follows the last allowed hop', { hops: maxRedirects - 1 }, { kind: 'follow' }],
    [
      'refuses encryption lost',
      { location: 'http://cdn.example/' },
      { kind: 'refused', reason: 'it names unencrypted cdn.example' },
    ],
    [
      'refuses a redirect without address',
      { location: undefined },
      { kind: 'refused', reason: 'it names no address' },
    ],
  ])('%s', (_behaviour, change, expected) => {
    expect(judgeRedirect({ ...step, ...change })).toMatchObject(expected);
  });
});

describe('judgeRealm', () => {
  it.each([
    ['the registry itself', 'https://reg.example', 'https://reg.example/token', 'trusted'],
    ['the registry on another port', 'https://reg.example:5050', 'https://reg.example/jwt/auth', 'trusted'],
    ['a relative realm', 'https://reg.example', '/token', 'trusted'],
    [
      'Docker Hub with its token server',
      'https://registry-1.docker.io',
      'https://auth.docker.io/token',
      'trusted',
    ],
    [
      'another registry with the token server of Docker Hub',
      'https://reg.example',
      'https://auth.docker.io/token',
      'anonymous',
    ],
    [
      'a host that only starts alike',
      'https://registry-1.docker.io',
      'https://auth.docker.io.evil.example/',
      'anonymous',
    ],
    ['GitLab', 'https://registry.gitlab.com', 'https://gitlab.com/jwt/auth', 'trusted'],
    ['a foreign host', 'https://reg.example', 'https://evil.example/token', 'anonymous'],
    ['a host that was named as trusted', 'https://reg.example', 'https://sso.example/token', 'trusted'],
    ['a plain registry itself', 'http://localhost:5000', 'http://localhost:5001/token', 'trusted'],
    ['a plain foreign host', 'http://localhost:5000', 'http://evil.example/token', 'refused'],
    ['encryption lost', 'https://reg.example', 'http://reg.example/token', 'refused'],
    ['a private address', 'https://reg.example', 'https://10.0.0.1/token', 'refused'],
    ['the metadata address', 'https://reg.example', 'https://169.254.169.254/token', 'refused'],
    ['its own private address', 'https://10.0.0.1', 'https://10.0.0.1/token', 'trusted'],
    ['a user name', 'https://reg.example', 'https://u:p@reg.example/token', 'refused'],
  ])('judges %s', (_behaviour, origin, realm, kind) => {
    expect(judgeRealm(new URL(origin), realm, ['sso.example']).kind).toBe(kind);
  });
});

describe('nextLink', () => {
  it.each([
    ['the next page', ['</v2/a/tags/list?n=2&last=b>; rel="next"'], '/v2/a/tags/list?n=2&last=b'],
    ['a relation without quotes', ['</x>; rel=next'], '/x'],
    ['the next page among others', ['</p>; rel="prev", </n>; rel="next"'], '/n'],
    ['the next page in a second header', ['</p>; rel="prev"', '</n>; title="a"; rel="last next"'], '/n'],
    ['a link without relation', ['</x>'], '/x'],
    ['no next page', ['</p>; rel="prev"'], undefined],
    ['no header', [], undefined],
    ['garbage', ['rel="next"', '<', '>', '<<'], undefined],
  ])('reads %s', (_behaviour, headers, expected) => {
    expect(nextLink(headers)).toBe(expected);
  });
});

describe('registryOrigin', () => {
  it.each([
    ['TLS', 'reg.example', undefined, 'https://reg.example'],
    ['TLS for a private address', '10.0.0.1:5000', undefined, 'https://10.0.0.1:5000'],
    ['no TLS on the own machine', 'localhost:5000', undefined, 'http://localhost:5000'],
    ['no TLS on the own machine in IPv6', '[::1]:5000', undefined, 'http://[::1]:5000'],
    ['TLS on the own machine when asked for', 'localhost:5000', false, 'https://localhost:5000'],
    ['no TLS anywhere when asked for', 'reg.example', true, 'http://reg.example'],
    ['the endpoint of Docker Hub', 'docker.io', undefined, 'https://registry-1.docker.io'],
  ])('chooses %s', (_behaviour, host, plainHttp, expected) => {
    expect(registryOrigin(host, plainHttp).origin).toBe(expected);
  });
});
