import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proxyFor, proxyFromEnvironment } from './proxy-rule.ts';

const proxies = { http: 'http://plain.proxy:3128', https: 'https://tls.proxy' };

const isProxied = (url: string, noProxy: string): boolean =>
  proxyFor(new URL(url), { ...proxies, noProxy }) !== undefined;

describe('proxyFor', () => {
  it.each([
    ['a registry with TLS', 'https://reg.example/', proxies, 'https://tls.proxy/'],
    ['a registry without TLS', 'http://reg.example/', proxies, 'http://plain.proxy:3128/'],
    ['TLS, when only the other proxy is set', 'https://reg.example/', { http: proxies.http }, undefined],
    ['nothing', 'https://reg.example/', undefined, undefined],
    ['an empty proxy', 'https://reg.example/', { https: '' }, undefined],
    ['a proxy without scheme', 'https://reg.example/', { https: 'proxy:8080' }, 'http://proxy:8080/'],
    ['loopback by address', 'https://127.0.0.1:5000/', proxies, undefined],
    ['loopback by name', 'http://localhost:5000/', proxies, undefined],
  ])('knows the proxy of %s', (_behaviour, url, settings, expected) => {
    expect(proxyFor(new URL(url), settings)?.href).toBe(expected);
  });

  it.each(['socks5://hunter2@x', 'http://', 'ftp://me:hunter2@x', 'http://me:hunter2@'])(
    'refuses %s, and does not repeat it',
    (https) => {
      expect(() => proxyFor(new URL('https://reg.example/'), { https })).toThrow(/^proxy: (?!.*hunter2)/);
    },
  );

  it.each([
    ['a name', 'reg.example', 'https://reg.example/', false],
    ['a name, for those below', 'example', 'https://reg.example/', false],
    ['a name, not for one that only ends alike', 'example', 'https://myexample/', true],
    ['a name in capitals', 'REG.example', 'https://reg.EXAMPLE/', false],
    ['a name with a dot in front', '.example', 'https://reg.example/', false],
    ['a name with a dot in front, for itself', '.reg.example', 'https://reg.example/', false],
    ['a name with a star in front', '*.example', 'https://a.reg.example/', false],
    ['a name with a star in front, not for itself', '*.reg.example', 'https://reg.example/', true],
    ['a name with a dot at its end', 'reg.example.', 'https://reg.example/', false],
    ['a name, for a host with a dot at its end', 'reg.example', 'https://reg.example./', false],
    ['a star for all', '*', 'https://reg.example/', false],
    ['a star within a list', 'other, * ', 'https://reg.example/', false],
    ['a star for one port', '*:5000', 'https://reg.example/', true],
    ['a port', 'reg.example:5000', 'https://reg.example:5000/', false],
    ['another port', 'reg.example:5000', 'https://reg.example/', true],
    ['the default port', 'reg.example:443', 'https://reg.example/', false],
    ['an address', '10.0.0.7', 'https://10.0.0.7/', false],
    ['the end of an address', '0.0.7', 'https://10.0.0.7/', true],
    ['a range', '10.0.0.0/8', 'https://10.1.2.3/', false],
    ['another range', '10.0.0.0/8', 'https://11.1.2.3/', true],
    ['a range, not for names', '0.0.0.0/0', 'https://reg.example/', true],
    ['a broken range', '10.0.0.0/99,10.0.0.0/x,/8', 'https://10.1.2.3/', true],
    ['an address of IPv6', '2001:db8::1', 'https://[2001:db8::1]/', false],
    ['an address of IPv6 in brackets with a port', '[2001:db8::1]:443', 'https://[2001:db8::1]/', false],
    ['an address of IPv6 with another port', '[2001:db8::1]:5000', 'https://[2001:db8::1]/', true],
    ['a range of IPv6', '2001:db8::/32', 'https://[2001:db8::1]/', false],
    ['several, by commas and spaces', 'a.example b.example,,  reg.example', 'https://reg.example/', false],
    ['nothing', ' , ', 'https://reg.example/', true],
    ['lone dots', '., *., .', 'https://reg.example/', true],
  ])('obeys %s in noProxy', (_behaviour, noProxy, url, expected) => {
    expect(isProxied(url, noProxy)).toBe(expected);
  });

  const label = fc.stringMatching(/^[a-z]{1,3}$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

  it('goes directly to a name in the list, with its port or without, and to all below it, and to no other', () => {
    fc.assert(
      fc.property(name, name, fc.option(fc.constantFrom(443, 5000)), (entry, host, port) => {
        const noProxy = port === null ? entry : `${entry}:${port}`;
        const covered = (host === entry || host.endsWith(`.${entry}`)) && port !== 5000;
        expect(isProxied(`https://${host}.x/`, noProxy.replace(entry, `${entry}.x`))).toBe(!covered);
      }),
    );
  });

  it('never throws and never waits, whatever the list holds', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 500 }),
        fc.constantFrom('reg.example', '10.0.0.1', '[2001:db8::1]'),
        (list, host) => {
          expect(typeof isProxied(`https://${host}/`, list)).toBe('boolean');
        },
      ),
    );
  });
});

describe('proxyFromEnvironment', () => {
  it.each([
    [
      'lower case',
      { http_proxy: 'a', https_proxy: 'b', no_proxy: 'c' },
      { http: 'a', https: 'b', noProxy: 'c' },
    ],
    [
      'upper case',
      { HTTP_PROXY: 'a', HTTPS_PROXY: 'b', NO_PROXY: 'c' },
      { http: 'a', https: 'b', noProxy: 'c' },
    ],
    ['lower before upper case', { https_proxy: 'a', HTTPS_PROXY: 'b' }, { https: 'a' }],
    ['an empty name in lower case as none', { https_proxy: '', HTTPS_PROXY: 'b' }, {}],
    ['nothing', {}, {}],
  ])('reads %s', (_behaviour, environment, expected) => {
    expect(proxyFromEnvironment(environment)).toEqual(expected);
  });
});
