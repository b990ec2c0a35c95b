import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DockerConfig, matchDockerConfig, OciError, parseDockerConfig } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';

// Credential files as other tools keep them. ../../../shared/vectors/oci/README.md names their origin.

const folder = join(import.meta.dirname, '../../../shared/vectors/oci/docker-config');
const isThere = existsSync(folder);
if (!isThere) console.warn(`skipped: no vectors in ${folder}`);

const parse = (name: string): DockerConfig =>
  parseDockerConfig(readFileSync(join(folder, name), 'utf8'), name);

function find(name: string, host: string, repository = 'app'): string | undefined {
  const found = matchDockerConfig(parse(name), host, repository);
  if (found.kind === 'helper') return `helper ${found.name}`;
  const [first] = found.credentials;
  return first?.kind === 'basic' ? `${first.username}:${first.password}` : first?.kind;
}

describe.skipIf(!isThere)('docker configs of other tools', () => {
  it.each([
    ['containers-image/example.json', 'example.org', 'app', 'example:org'],
    ['containers-image/abnormal.json', 'docker.io', 'app', 'index:docker.io'],
    ['containers-image/abnormal.json', '127.0.0.1:5000', 'app', '127.0:0.1-5000'],
    ['containers-image/abnormal.json', 'localhost', 'app', 'local:host'],
    ['containers-image/abnormal.json', 'localhost:5000', 'app', 'local:host-5000'],
    ['containers-image/abnormal.json', 'localhost:5001', 'app', 'local:host-5001'],
    ['containers-image/abnormal.json', 'localhost:5002', 'app', undefined],
    ['containers-image/refpath.json', 'example.org', 'repo', 'example:org'],
    ['containers-image/refpath.json', 'example.org', 'repo/image', 'example:org'],
    ['containers-image/refpath.json', 'example.org', 'repository', 'local:host'],
    ['containers-image/refpath.json', 'docker.io', 'vendor/app', 'first:level'],
    ['containers-image/refpath.json', 'docker.io', 'other/app', 'top:level'],
    ['containers-image/refpath.json', 'docker.io', 'busybox', 'library:busybox'],
    ['containers-image/refpath.json', 'docker.io', 'alpine', 'library:other'],
    ['oras-project-oras-go/legacy_auths_config.json', 'registry1.example.com', 'app', 'username1:password1'],
    ['oras-project-oras-go/legacy_auths_config.json', 'registry2.example.com', 'app', 'username2:password2'],
    ['oras-project-oras-go/legacy_auths_config.json', 'registry5.example.com', 'app', 'username5:password5'],
    [
      'oras-project-oras-go/legacy_auths_config.json',
      'registry6.example.com',
      'path/app',
      'username6:password6',
    ],
    ['oras-project-oras-go/legacy_auths_config.json', 'registry6.example.com', 'app', undefined],
    ['oras-project-oras-go/valid_auths_config.json', 'registry1.example.com', 'app', 'username:password'],
    ['oras-project-oras-go/valid_auths_config.json', 'registry5.example.com', 'app', undefined],
    ['oras-project-oras-go/valid_auths_config.json', 'registry6.example.com', 'app', 'username:password'],
    ['oras-project-oras-go/valid_auths_config.json', 'registry7.example.com', 'app', 'username:password'],
    ['oras-project-oras-go/no_auths_config.json', 'registry1.example.com', 'app', undefined],
    ['oras-project-oras-go/credHelpers_config.json', 'registry3.example.com', 'app', 'foo:bar'],
    [
      'oras-project-oras-go/credHelpers_config.json',
      'registry2.example.com',
      'app',
      'helper registry2-helper',
    ],
    ['oras-project-oras-go/credsStore_config.json', 'test.example.com', 'app', 'helper test-helper'],
    ['oras-project-oras-go/credsStore_config.json', 'other.example.com', 'app', 'helper teststore'],
    ['oras-project-oras-go/valid_auths_config.json', 'registry2.example.com', 'app', 'identity'],
    ['oras-project-oras-go/valid_auths_config.json', 'registry3.example.com', 'app', 'bearer'],
    ['oras-project-oras-go/valid_auths_config.json', 'registry4.example.com', 'app', 'identity'],
  ])('%s for %s/%s gives %s', (name, host, repository, expected) => {
    expect(find(name, host, repository)).toBe(expected);
  });

  it.each([
    ['oras-project-oras-go/invalid_auths_entry_config.json', 'registry1.example.com', 'an auth field'],
    ['oras-project-oras-go/invalid_auths_entry_config.json', 'registry2.example.com', 'no object'],
  ])('%s says for %s that it cannot use %s', (name, host, what) => {
    expect(() => find(name, host)).toThrow(OciError);
    expect(() => find(name, host)).toThrow(what);
  });

  it.each(['bad_config', 'empty.json', 'whitespace.json'])('%s is no config', (name) => {
    expect(() => parse(`oras-project-oras-go/${name}`)).toThrow(/expected a docker config in JSON/);
  });
});
