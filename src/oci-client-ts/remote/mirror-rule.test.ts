import { describe, expect, it } from 'vitest';
import type { Method } from './exchange.ts';
import { continuesAt, mirrorRequest, neededCapability } from './mirror-rule.ts';
import type { RegistryRequest } from './registry-request.ts';

const origin = new URL('https://reg.example/');
const digest = `sha256:${'a'.repeat(64)}`;

function request(path: string, method: Method = 'GET'): RegistryRequest {
  const access = { origin, host: 'reg.example', repository: 'team/app', actions: ['pull'] };
  return { method, url: new URL(path, origin), access, subject: 'reg.example/team/app' };
}

describe('neededCapability', () => {
  it.each<[string, Method, string, string | undefined]>([
    ['a manifest by digest', 'GET', `manifests/${digest}`, 'pull'],
    ['a manifest by digest, escaped', 'GET', `manifests/${encodeURIComponent(digest)}`, 'pull'],
    ['a manifest by tag', 'GET', 'manifests/v1', 'resolve'],
    ['a question for a tag', 'HEAD', 'manifests/v1', 'resolve'],
    ['a blob', 'GET', `blobs/${digest}`, 'pull'],
    ['a question for a blob', 'HEAD', `blobs/${digest}`, 'pull'],
    ['the list of tags', 'GET', 'tags/list?n=5', 'resolve'],
    ['referrers', 'GET', `referrers/${digest}`, 'resolve'],
    ['an upload', 'POST', 'blobs/uploads/', undefined],
    ['the state of an upload', 'GET', 'blobs/uploads/5', undefined],
    ['a push', 'PUT', 'manifests/v1', undefined],
    ['a deletion', 'DELETE', `manifests/${digest}`, undefined],
  ])('of %s', (_behaviour, method, path, expected) => {
    expect(neededCapability(request(`/v2/team/app/${path}`, method))).toBe(expected);
  });

  it('of a question before an upload is none', () => {
    const asked = request(`/v2/team/app/blobs/${digest}`, 'HEAD');
    const access = { ...asked.access, actions: ['pull', 'push'] };
    expect(neededCapability({ ...asked, access })).toBeUndefined();
  });

  it('of an address outside the repository is none', () => {
    expect(neededCapability(request('/v2/team/other/manifests/v1'))).toBeUndefined();
  });
});

describe('continuesAt', () => {
  const place = { origin: new URL('https://mirror.example/'), host: 'mirror.example', pathPrefix: 'hub' };
  const page = 'https://mirror.example/v2/hub/team/app/tags/list?last=a';

  it.each<[string, Method, string, boolean]>([
    ['the next page of tags', 'GET', page, true],
    ['of referrers', 'GET', `https://mirror.example/v2/hub/team/app/referrers/${digest}?last=x`, true],
    ['a page of the registry itself', 'GET', '/v2/team/app/tags/list?last=a', false],
    ['a page of another repository there', 'GET', page.replace('/app/', '/other/'), false],
    ['a page outside the prefix', 'GET', page.replace('/hub/', '/'), false],
    ['a page of another port', 'GET', page.replace('.example/', '.example:8443/'), false],
    ['a way out of the list', 'GET', page.replace('/list', '/list/../../../other/tags/list'), false],
    ['the same way, escaped', 'GET', page.replace('/list', '/list%2f..'), false],
    ['a manifest', 'GET', `https://mirror.example/v2/hub/team/app/manifests/${digest}`, false],
    ['an upload', 'PUT', 'https://mirror.example/v2/hub/team/app/blobs/uploads/5', false],
    ['a deletion in the form of a page', 'DELETE', page, false],
    ['a question in the form of a page', 'HEAD', page, false],
  ])('%s', (_behaviour, method, path, expected) => {
    expect(continuesAt(request(path, method), place)).toBe(expected);
  });

  it('is never so for a request that serves writing', () => {
    const asked = request(page);
    const access = { ...asked.access, actions: ['pull', 'push'] };
    expect(continuesAt({ ...asked, access }, place)).toBe(false);
  });
});

describe('mirrorRequest with namespace', () => {
  const origin = new URL('http://mirror:5000/');
  const place = { origin, host: 'mirror:5000', pathPrefix: '', namespace: true };
  const asked = (path: string, host = 'reg.example'): string => {
    const given = request(path);
    return mirrorRequest({ ...given, access: { ...given.access, host } }, place).url.href;
  };

  it.each([
    ['alone', '/v2/team/app/manifests/v1', 'reg.example', 'manifests/v1?ns=reg.example'],
    ['beside others', '/v2/team/app/tags/list?n=5', 'reg.example', 'tags/list?n=5&ns=reg.example'],
    ['with its port', '/v2/team/app/manifests/v1', 'reg.example:5000', 'manifests/v1?ns=reg.example%3A5000'],
    [
      'by the name of Docker Hub',
      '/v2/team/app/manifests/v1',
      'registry-1.docker.io',
      'manifests/v1?ns=docker.io',
    ],
  ])('tells the host %s', (_how, path, host, expected) => {
    expect(asked(path, host)).toBe(`http://mirror:5000/v2/team/app/${expected}`);
  });

  it('leaves the address of its own page as it is', () => {
    const page = 'http://mirror:5000/v2/team/app/tags/list?n=1&ns=reg.example';
    expect(asked(page)).toBe(page);
  });
});

describe('mirrorRequest', () => {
  const place = { origin: new URL('http://mirror:5000/'), host: 'mirror:5000', pathPrefix: '' };
  it.each([
    [
      'the same path',
      '',
      '/v2/team/app/tags/list?n=5',
      'http://mirror:5000/v2/team/app/tags/list?n=5',
      'team/app',
    ],
    [
      'its prefix',
      'hub/proxy',
      '/v2/team/app/manifests/v1',
      'http://mirror:5000/v2/hub/proxy/team/app/manifests/v1',
      'hub/proxy/team/app',
    ],
    [
      'the address of its own page as it is',
      'hub',
      'http://mirror:5000/v2/hub/team/app/tags/list?n=1',
      'http://mirror:5000/v2/hub/team/app/tags/list?n=1',
      'hub/team/app',
    ],
  ])('asks for %s', (...[, pathPrefix, path, url, repository]) => {
    const mirrored = mirrorRequest(request(path), { ...place, pathPrefix });
    expect({ url: mirrored.url.href, access: mirrored.access, subject: mirrored.subject }).toEqual({
      url,
      access: { origin: place.origin, host: 'mirror:5000', repository, actions: ['pull'] },
      subject: 'reg.example/team/app from mirror mirror:5000',
    });
  });
});
