import { describe, expect, it } from 'vitest';
import { matchCredentials, OciError, parseDockerConfig } from './index.ts';

const auth = (text: string): string => Buffer.from(text).toString('base64');

function find(auths: Record<string, unknown>, host: string, repository = 'team/app'): string | undefined {
  const found = matchCredentials(
    parseDockerConfig(JSON.stringify({ auths }), 'config.json'),
    host,
    repository,
  );
  return found === undefined ? undefined : `${found.username}:${found.password}`;
}

describe('matchCredentials', () => {
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
    ['of nobody when the entry is empty', { 'reg.example': {} }, 'reg.example', undefined],
  ])('finds the credential %s', (_behaviour, auths, host, expected) => {
    expect(find(auths, host)).toBe(expected);
  });

  it('finds the official repositories of Docker Hub below library/', () => {
    expect(find({ 'docker.io/library': { auth: auth('u:p') } }, 'docker.io', 'busybox')).toBe('u:p');
  });

  it.each([
    ['an entry that is no object', { auths: { 'reg.example': 's3cret' } }],
    ['an identity token', { auths: { 'reg.example': { identitytoken: 's3cret' } } }],
    ['a registry token', { auths: { 'reg.example': { registrytoken: 's3cret' } } }],
    ['a helper for the host', { credHelpers: { 'reg.example': 's3cret' } }],
    ['a helper for all hosts and an empty entry', { auths: { 'reg.example': {} }, credsStore: 's3cret' }],
    ['an auth field without colon', { auths: { 'reg.example': { auth: auth('s3cret') } } }],
  ])('says so when it finds %s, and does not go on as nobody', (_behaviour, document) => {
    const config = parseDockerConfig(JSON.stringify(document), 'config.json');
    expect(() => matchCredentials(config, 'reg.example', 'a')).toThrow(
      /^reg\.example: expected a user name and password(?!.*s3cret)/,
    );
    expect(matchCredentials(config, 'other.example', 'a')).toBeUndefined();
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

  it('takes a config without auths', () => {
    expect(parseDockerConfig('{}', 'config.json').entries).toEqual([]);
  });
});
