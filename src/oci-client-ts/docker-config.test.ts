import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConfigMatch,
  type Credential,
  matchDockerConfig,
  OciError,
  parseDockerConfig,
} from './index.ts';

const auth = (text: string): string => Buffer.from(text).toString('base64');

function say(credential: Credential): string {
  return credential.kind === 'basic' ? `${credential.username}:${credential.password}` : credential.kind;
}

function sayAll(match: ConfigMatch): readonly string[] {
  return match.kind === 'helper' ? [`helper ${match.name}`] : match.credentials.map(say);
}

function find(auths: Record<string, unknown>, host: string, repository = 'team/app'): string | undefined {
  const config = parseDockerConfig(JSON.stringify({ auths }), 'config.json');
  return sayAll(matchDockerConfig(config, host, repository))[0];
}

function findAll(auths: Record<string, unknown>, host: string, repository = 'team/app'): readonly string[] {
  const config = parseDockerConfig(JSON.stringify({ auths }), 'secret', { matching: 'kubelet' });
  return sayAll(matchDockerConfig(config, host, repository));
}

describe('matchDockerConfig', () => {
  it.each([
    ['by host', { 'reg.example': { auth: auth('u:p') } }, 'reg.example', 'u:p'],
    ['with a colon in the password', { 'reg.example': { auth: auth('u:p:q') } }, 'reg.example', 'u:p:q'],
    [
      'from user name and password',
      { 'reg.example': { username: 'u', password: 'p' } },
      'reg.example',
      'u:p',
    ],
    [
      'under a key with scheme and path',
      { 'https://reg.example/v2/': { auth: auth('u:p') } },
      'reg.example',
      'u:p',
    ],
    ['whatever the case of the host', { 'Reg.Example': { auth: auth('u:p') } }, 'reg.EXAMPLE', 'u:p'],
    ['with the default port written out', { 'reg.example:443': { auth: auth('u:p') } }, 'reg.example', 'u:p'],
    ['not for another port', { 'reg.example:5000': { auth: auth('u:p') } }, 'reg.example', undefined],
    ['not for a host below', { example: { auth: auth('u:p') } }, 'reg.example', undefined],
    [
      'not for a host that only starts alike',
      { 'reg.example': { auth: auth('u:p') } },
      'reg.example.evil',
      undefined,
    ],
    ['not by wildcard', { '*.example': { auth: auth('u:p') } }, 'reg.example', undefined],
    ['for a path', { 'reg.example/team': { auth: auth('u:p') } }, 'reg.example', 'u:p'],
    [
      'not for a path that only starts alike',
      { 'reg.example/te': { auth: auth('u:p') } },
      'reg.example',
      undefined,
    ],
    [
      'by the longest path',
      {
        'reg.example': { auth: auth('a:a') },
        'reg.example/team/app': { auth: auth('c:c') },
        'reg.example/team': { auth: auth('b:b') },
      },
      'reg.example',
      'c:c',
    ],
    [
      'of Docker Hub under its old key',
      { 'https://index.docker.io/v1/': { auth: auth('u:p') } },
      'docker.io',
      'u:p',
    ],
    ['of Docker Hub by its endpoint', { 'docker.io': { auth: auth('u:p') } }, 'registry-1.docker.io', 'u:p'],
    ['that is an identity token', { 'reg.example': { identitytoken: 't' } }, 'reg.example', 'identity'],
    ['that is a registry token', { 'reg.example': { registrytoken: 't' } }, 'reg.example', 'bearer'],
    [
      'that is an identity token before a password',
      { 'reg.example': { auth: auth('u:p'), identitytoken: 't' } },
      'reg.example',
      'identity',
    ],
    ['of nobody when the entry is empty', { 'reg.example': {} }, 'reg.example', undefined],
  ])('finds the credential %s', (_behaviour, auths, host, expected) => {
    expect(find(auths, host)).toBe(expected);
  });

  it('finds the official repositories of Docker Hub below library/', () => {
    expect(find({ 'docker.io/library': { auth: auth('u:p') } }, 'docker.io', 'busybox')).toBe('u:p');
  });

  it.each([
    ['an entry that is no object', { auths: { 'reg.example': 's3cret' } }],
    ['an identity token that is no text', { auths: { 'reg.example': { identitytoken: ['s3cret'] } } }],
    ['a registry token that is no text', { auths: { 'reg.example': { registrytoken: ['s3cret'] } } }],
    ['an auth field without colon', { auths: { 'reg.example': { auth: auth('s3cret') } } }],
  ])('says so when it finds %s, and does not go on as nobody', (_behaviour, document) => {
    const config = parseDockerConfig(JSON.stringify(document), 'config.json');
    expect(() => matchDockerConfig(config, 'reg.example', 'a')).toThrow(
      /^reg\.example: expected a credential(?!.*s3cret)/,
    );
    expect(sayAll(matchDockerConfig(config, 'other.example', 'a'))).toEqual([]);
  });

  it.each([
    ['the helper of the host', { credHelpers: { 'reg.example': 'a' }, credsStore: 'b' }, 'helper a'],
    [
      'the helper of the host before an entry',
      { credHelpers: { 'reg.example': 'a' }, auths: { 'reg.example': { auth: auth('u:p') } } },
      'helper a',
    ],
    ['the helper of all hosts', { credsStore: 'b', credHelpers: { 'other.example': 'a' } }, 'helper b'],
    [
      'the helper of all hosts for an empty entry',
      { credsStore: 'b', auths: { 'reg.example': {} } },
      'helper b',
    ],
    [
      'an entry before the helper of all hosts',
      { credsStore: 'b', auths: { 'reg.example': { auth: auth('u:p') } } },
      'u:p',
    ],
    ['nobody when a helper has no name', { credHelpers: { 'reg.example': '' } }, undefined],
  ])('names %s', (_behaviour, document, expected) => {
    const config = parseDockerConfig(JSON.stringify(document), 'config.json');
    expect(sayAll(matchDockerConfig(config, 'reg.example', 'a'))[0]).toBe(expected);
  });
});

describe('matchDockerConfig, by the rules of a kubelet,', () => {
  const entry = (name: string): object => ({ username: name, password: '' });
  it.each<[string, string[], string, string[]]>([
    [
      'takes all that fit, the most specific first',
      ['r.io', 'r.io/team/app', 'r.io/team'],
      'r.io',
      ['r.io/team/app', 'r.io/team', 'r.io'],
    ],
    ['takes a star for a label', ['*.r.io'], 'a.r.io', ['*.r.io']],
    ['takes a star for part of a label', ['a*c.r.io', 'a*d.r.io'], 'abc.r.io', ['a*c.r.io']],
    ['takes a star in the last label', ['r.*'], 'r.io', ['r.*']],
    ['takes a question mark for a letter', ['r?.io', '??.io', 'r??.io'], 'r1.io', ['r?.io', '??.io']],
    ['takes no star for two labels', ['*.io'], 'a.r.io', []],
    ['takes no star for no label', ['*.r.io'], 'r.io', []],
    ['takes no star across the port', ['r.io*'], 'r.io:5000', []],
    ['wants the same port', ['*.r.io', '*.r.io:5000', '*.r.io:5001'], 'a.r.io:5000', ['*.r.io:5000']],
    ['knows the default port', ['*.r.io:443'], 'a.r.io', ['*.r.io:443']],
    ['takes a path at its end only', ['r.io/te', 'r.io/team', 'r.io/team/ap'], 'r.io', ['r.io/team']],
    ['knows no star in paths', ['r.io/*'], 'r.io', []],
    ['leaves the scheme out', ['https://r.io', 'http://*.io'], 'r.io', ['https://r.io', 'http://*.io']],
    [
      'leaves the version of the API out',
      ['https://r.io/v2/', 'r.io/v1/team', 'r.io/v2/other'],
      'r.io',
      ['r.io/v1/team', 'https://r.io/v2/'],
    ],
    ['takes dots for dots', ['rxio'], 'r.io', []],
    [
      'knows Docker Hub by its old key',
      ['https://index.docker.io/v1/'],
      'docker.io',
      ['https://index.docker.io/v1/'],
    ],
    ['knows Docker Hub by a star', ['*.docker.io'], 'docker.io', ['*.docker.io']],
    ['takes no other host for Docker Hub', ['*.docker.io'], 'docker.io.evil.example', []],
  ])('%s', (_behaviour, keys, host, expected) => {
    const auths = Object.fromEntries(keys.map((key) => [key, entry(key)]));
    expect(findAll(auths, host)).toEqual(expected.map((key) => `${key}:`));
  });

  const label = fc.stringMatching(/^[a-c]{1,4}$/);
  const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));
  const pattern = fc
    .array(fc.stringMatching(/^[a-c*?]{1,5}$/), { minLength: 1, maxLength: 3 })
    .map((labels) => labels.join('.'));

  it('fits a pattern as a search for the whole of it would', () => {
    fc.assert(
      fc.property(pattern, host, (key, asked) => {
        const search = key.replaceAll('.', '\\.').replaceAll('*', '[^.]*').replaceAll('?', '[^.]');
        const fits = new RegExp(`^${search}$`).test(asked);
        expect(findAll({ [key]: entry('x') }, asked)).toEqual(fits ? ['x:'] : []);
      }),
    );
  });

  it('never gives the credential of one host without wildcards to another', () => {
    fc.assert(
      fc.property(host, host, (key, asked) => {
        expect(findAll({ [key]: entry('x') }, asked)).toEqual(key === asked ? ['x:'] : []);
      }),
    );
  });

  it('decides about a hostile pattern at once', () => {
    const key = `${'*a'.repeat(5000)}b`;
    expect(findAll({ [key]: entry('x') }, 'a'.repeat(250))).toEqual([]);
  });
});

describe('parseDockerConfig', () => {
  it.each([
    ['other text than JSON', 'hunter2'],
    ['a list', '["hunter2"]'],
    ['auths that are no object', '{"auths":["hunter2"]}'],
    ['a text without end', ' '.repeat(1024 * 1024 + 1)],
  ])('refuses %s without repeating it', (_behaviour, text) => {
    expect(() => parseDockerConfig(text, 'secret a/b')).toThrow(OciError);
    expect(() => parseDockerConfig(text, 'secret a/b')).toThrow(/^secret a\/b: (?!.*hunter2)/);
  });

  it('reads the older kind of secret, which is the bare map', () => {
    const text = JSON.stringify({ 'reg.example': { auth: auth('u:p') } });
    const config = parseDockerConfig(text, 'secret', { matching: 'kubelet', bare: true });
    expect(sayAll(matchDockerConfig(config, 'reg.example', 'a'))).toEqual(['u:p']);
  });

  it('takes a config without auths', () => {
    expect(parseDockerConfig('{}', 'config.json').entries).toEqual([]);
  });
});
