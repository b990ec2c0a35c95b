import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './repository-glob.ts';
import { coversRepository, spellingsOf } from './repository-name.ts';

describe('matchesGlob', () => {
  it.each([
    ['ghcr.io/org/app', 'ghcr.io/org/app', true],
    ['ghcr.io/org/app', 'ghcr.io/org/app2', false],
    ['ghcr.io/org/app', 'xghcr.io/org/app', false],
    ['ghcr.io/org/*', 'ghcr.io/org/app', true],
    ['ghcr.io/org/*', 'ghcr.io/org/app/sub', false],
    ['ghcr.io/org/*', 'ghcr.io/org', false],
    ['ghcr.io/*/app', 'ghcr.io/org/app', true],
    ['ghcr.io/*/app', 'ghcr.io/a/b/app', false],
    ['ghcr.io/org/app-*', 'ghcr.io/org/app-one', true],
    ['ghcr.io/org/app*', 'ghcr.io/org/app', true],
    ['ghcr.io/**', 'ghcr.io/a/b/c', true],
    ['ghcr.io/**/c', 'ghcr.io/a/b/c', true],
    ['ghcr.io/**/c', 'ghcr.io/a/b/d', false],
    ['**', 'anything/at/all', true],
    ['***', 'a/b', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['**/prod/*', 'r.test/x/prod/app', true],
    ['ghcr.io/org/a.p', 'ghcr.io/org/app', false],
    ['ghcr.io/org/(a|b)?', 'ghcr.io/org/a', false],
    ['*/**/*', 'a/b', false],
    ['*/**/*', 'a/b/c', true],
    ['', '', true],
    ['', 'a', false],
    ['/srv/é*', '/srv/édition', true],
  ])('%s against %s: %s', (glob, name, expected) => {
    expect(matchesGlob(glob, name)).toBe(expected);
  });

  it('takes no longer for a hostile glob than glob times name', () => {
    const started = performance.now();
    expect(matchesGlob(`${'*a'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
    expect(matchesGlob(`${'**a'.repeat(100)}b`, 'a/'.repeat(127))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

const covers = (glob: string, url: string): boolean => coversRepository(glob, spellingsOf(url));

describe('coversRepository', () => {
  it.each([
    ['ghcr.io/prod/*', 'oci://ghcr.io/prod/app'],
    ['ghcr.io/prod/*', 'oci://GHCR.io/prod/app'],
    ['GHCR.io/prod/*', 'oci://ghcr.io/prod/app'],
    ['ghcr.io/prod/*', 'oci://ghcr.io:443/prod/app'],
    ['ghcr.io/prod/*', 'oci://ghcr.io:0443/prod/app'],
    ['ghcr.io:443/prod/*', 'oci://ghcr.io/prod/app'],
    ['ghcr.io/prod/*', 'oci://ghcr.io:80/prod/app'],
    ['ghcr.io/prod/*', 'oci://ghcr.io/prod/app:v1'],
    ['registry.test:5000/*', 'oci://registry.test:5000/app'],
    ['registry.test:5000/*', 'oci://registry.test:05000/app'],
    ['docker.io/org/*', 'oci://index.docker.io/org/app'],
    ['index.docker.io/org/*', 'oci://registry-1.docker.io/org/app'],
    ['docker.io/library/*', 'oci://docker.io/nginx'],
    ['docker.io/nginx', 'oci://docker.io/library/nginx'],
    ['[::1]:5000/*', 'oci://[::1]:5000/app'],
    ['127.0.0.1:5000/*', 'oci://0177.0.0.1:5000/app'],
    ['127.0.0.1:5000/*', 'oci://0x7f.0.0.1:5000/app'],
    ['127.0.0.1:5000/*', 'oci://127.1:5000/app'],
    ['127.0.0.1/*', 'oci://2130706433/app'],
    ['127.0.0.1/*', 'oci://2130706433:443/app'],
    ['127.0.0.1/*', 'oci://[::ffff:127.0.0.1]/app'],
    ['127.0.0.1/*', 'oci://[::FFFF:7F00:1]:443/app'],
    ['127.0.0.1/*', 'oci://[0:0:0:0:0:ffff:7f00:0001]/app'],
    ['127.*/**', 'oci://0177.0.0.1/app'],
    ['[2001:db8::1]/*', 'oci://[2001:DB8:0:0:0:0:0:1]/app'],
    ['[2001:db8::1]/*', 'oci://[2001:0db8::0001]:0443/app'],
    ['[2001:DB8:0:0:0:0:0:1]:5000/*', 'oci://[2001:db8::1]:5000/app'],
    ['0177.0.0.1/*', 'oci://127.0.0.1/app'],
    ['[::ffff:127.0.0.1]:5000/*', 'oci://127.0.0.1:5000/app'],
    ['registry.test:05000/*', 'oci://registry.test:5000/app'],
    ['registry.test:*/*', 'oci://registry.test:5000/app'],
    ['registry.test./*', 'oci://registry.test/app'],
    ['*.test:5000/*', 'oci://registry.test:5000/app'],
    ['**', 'oci://127.1/app'],
    ['**.1', 'oci://registry.test/app.1'],
    ['*/app', 'oci://127.1/app'],
    ['/srv/layouts/*', 'oci-layout:/srv/layouts/app/'],
    ['/srv/layouts/*', 'oci:/srv/layouts/app'],
    ['/srv/layouts/*', 'oci-archive:/srv/other/../layouts/app.tar'],
    ['/srv/layouts/*', 'oci-layout:/srv/other/../layouts/./app'],
  ])('%s covers %s', (glob, url) => {
    expect(covers(glob, url)).toBe(true);
  });

  it.each([
    ['ghcr.io/prod/*', 'oci://ghcr.io:5000/prod/app'],
    ['ghcr.io/prod/*', 'oci://ghcr.io.evil.test/prod/app'],
    ['ghcr.io/prod/*', 'oci://evil.test/ghcr.io/prod/app'],
    ['ghcr.io/library/*', 'oci://ghcr.io/nginx'],
    ['*:443/*', 'oci://registry.test:5000/app'],
    ['**.1', 'oci://registry.test/app1'],
    ['127.0.0.1/*', 'oci://127.0.0.2/app'],
    ['127.0.0.1/*', 'oci://[::1]/app'],
    ['127.0.0.1/*', 'oci://127.0.0.1:5000/app'],
    ['127.0.0.1/*', 'oci://127.0.0.1.test/app'],
    ['[2001:db8::1]/*', 'oci://[2001:db8::1:1]/app'],
    ['/srv/Layouts/*', 'oci-layout:/srv/layouts/app'],
  ])('%s does not cover %s', (glob, url) => {
    expect(covers(glob, url)).toBe(false);
  });

  it('has no other name on Docker Hub than its own, where it is no official one', () => {
    const names = spellingsOf('oci://docker.io/org/app').names;
    expect(names.filter((name) => !name.endsWith('/org/app'))).toEqual([]);
  });

  it('reads a host that no URL could name as it is written', () => {
    expect(covers('registry.1/*', 'oci://registry.1/app')).toBe(true);
    expect(covers('registry.1/*', 'oci://registry.2/app')).toBe(false);
  });

  it('knows each host by one set of names, however it is written', () => {
    const spellings = [
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '017700000001',
      '[::ffff:7f00:1]',
      '127.0.0.1:443',
    ];
    const sets = spellings.map((host) => JSON.stringify(spellingsOf(`oci://${host}/app`).names));
    expect(new Set(sets).size).toBe(1);
  });

  it('refuses a host with a dot behind it, which would be one more name', () => {
    expect(() => spellingsOf('oci://ghcr.io./app')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    );
  });

  it('refuses an address that nothing can poll', () => {
    expect(() => spellingsOf('oci://user:secret@ghcr.io/app')).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', message: expect.not.stringContaining('secret') }),
    );
  });

  it('says of a URL that it cannot read what was expected of it', () => {
    expect(() => spellingsOf('oci://registry.test')).toThrow(/repository/);
  });
});
