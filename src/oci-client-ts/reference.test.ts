import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReference, isLoopback, OciError, parseReference } from './index.ts';

const hex = 'a'.repeat(64);
const digest = `sha256:${hex}`;
const registry = { kind: 'registry', host: 'reg.example', repository: 'team/app' };

describe('parseReference', () => {
  it.each([
    ['a name alone', 'oci://reg.example/team/app', registry],
    ['a tag', 'oci://reg.example/team/app:1.0', { ...registry, tag: '1.0' }],
    ['a digest', `oci://reg.example/team/app@${digest}`, { ...registry, digest }],
    ['tag and digest', `oci://reg.example/team/app:v1@${digest}`, { ...registry, tag: 'v1', digest }],
    ['a port', 'oci://reg.example:5000/team/app:v1', { ...registry, host: 'reg.example:5000', tag: 'v1' }],
    ['a host without dots', 'oci://registry/app', { kind: 'registry', host: 'registry', repository: 'app' }],
    ['a host in capitals', 'oci://REG.Example/team/app', registry],
    ['an IPv4 host', 'oci://10.0.0.1:5000/app', { ...registry, host: '10.0.0.1:5000', repository: 'app' }],
    [
      'an IPv6 host',
      'oci://[::1]:5000/app:1',
      { ...registry, host: '[::1]:5000', repository: 'app', tag: '1' },
    ],
    [
      'an IPv6 host without port',
      'oci://[fd00::2]/app',
      { ...registry, host: '[fd00::2]', repository: 'app' },
    ],
    [
      'separators in the name',
      'oci://reg.example/a.b_c__d---e/f',
      { ...registry, repository: 'a.b_c__d---e/f' },
    ],
    ['an absolute layout', 'oci-layout:/srv/apps', { kind: 'layout', directory: '/srv/apps' }],
    ['a relative layout', 'oci-layout:./out:1.0', { kind: 'layout', directory: './out', tag: '1.0' }],
    ['a layout by digest', `oci-layout:out@${digest}`, { kind: 'layout', directory: 'out', digest }],
    [
      'a layout by both',
      `oci-layout:out:v1@${digest}`,
      { kind: 'layout', directory: 'out', tag: 'v1', digest },
    ],
    ['a colon inside the path', 'oci-layout:/a:b/c', { kind: 'layout', directory: '/a:b/c' }],
    [
      'a colon in the last part, closed by a slash',
      'oci-layout:/a:b/',
      { kind: 'layout', directory: '/a:b' },
    ],
    [
      'a colon in the last part, with a tag',
      'oci-layout:a:b:v1',
      { kind: 'layout', directory: 'a:b', tag: 'v1' },
    ],
    [
      'an at sign in the path',
      'oci-layout:/home/me@work/out',
      { kind: 'layout', directory: '/home/me@work/out' },
    ],
    [
      'a layout as skopeo writes it',
      'oci:/srv/apps:v1',
      { kind: 'layout', directory: '/srv/apps', tag: 'v1' },
    ],
    ['a relative layout as skopeo writes it', 'oci:out', { kind: 'layout', directory: 'out' }],
    ['an archive', 'oci-archive:/srv/app.tar', { kind: 'archive', file: '/srv/app.tar' }],
    ['an archive with a tag', 'oci-archive:app.tar:v1', { kind: 'archive', file: 'app.tar', tag: 'v1' }],
    ['an archive by digest', `oci-archive:a.tar@${digest}`, { kind: 'archive', file: 'a.tar', digest }],
    ['an archive with a colon in its name', 'oci-archive:a:1.tar/', { kind: 'archive', file: 'a:1.tar' }],
    ['the root', 'oci-layout:/', { kind: 'layout', directory: '/' }],
  ])('reads %s', (_behaviour, text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it.each([
    ['no scheme', 'reg.example/app', /expected oci:\/\/HOST/],
    ['no repository', 'oci://reg.example', /expected a repository after the host/],
    ['an empty repository', 'oci://reg.example/', /expected a repository of/],
    ['an empty host', 'oci:///app', /expected HOST/],
    ['capitals in the repository', 'oci://reg.example/Team/app', /got "Team\/app"/],
    ['a path that climbs', 'oci://reg.example/../app', /got "..\/app"/],
    ['a double slash', 'oci://reg.example/a//b', /got "a\/\/b"/],
    ['three underscores', 'oci://reg.example/a___b', /got "a___b"/],
    ['an empty tag', 'oci://reg.example/app:', /expected a tag of .* got ""/],
    ['a tag that starts with a dash', 'oci://reg.example/app:-1', /got "-1"/],
    ['a tag of 129 characters', `oci://reg.example/app:${'a'.repeat(129)}`, /expected a tag/],
    ['a short digest', 'oci://reg.example/app@sha256:abc', /expected 64 lower-case hex digits/],
    ['a digest in capitals', `oci://reg.example/app@sha256:${'A'.repeat(64)}`, /expected 64/],
    ['two digests', `oci://reg.example/app@${digest}@${digest}`, /digest/],
    ['port 0', 'oci://reg.example:0/app', /got "reg.example:0"/],
    ['port 65536', 'oci://reg.example:65536/app', /got "reg.example:65536"/],
    ['a query', 'oci://reg.example/app?x=1', /got "app\?x=1"/],
    ['an IPv6 zone', 'oci://[fe80::1%25eth0]/app', /expected HOST/],
    ['256 characters of host and name', `oci://reg.example/${'a'.repeat(245)}`, /at most 255 .* got 257/],
    ['an endless text', `oci://reg.example/${'a/'.repeat(5000)}a`, /at most 4608 characters/],
    ['a layout without directory', 'oci-layout:', /expected a directory/],
    ['a short layout without directory', 'oci:', /expected a directory after oci:, got none/],
    ['an archive without file', 'oci-archive:', /expected a file after oci-archive:, got none/],
    ['an archive with an empty tag', 'oci-archive:a.tar:', /expected a tag/],
    ['a scheme that only begins like one', 'oci-archives:a.tar', /expected oci:\/\/HOST/],
    ['a layout with nothing but a tag', 'oci-layout::v1', /expected a directory/],
    ['a layout with an empty tag', 'oci-layout:/srv:', /expected a tag/],
    ['a layout with a line break', 'oci-layout:/srv\n/x', /control characters/],
    ['a layout with a bad digest', 'oci-layout:/srv@sha256:12', /expected 64/],
  ])('refuses %s', (_behaviour, text, message) => {
    expect(() => parseReference(text)).toThrow(OciError);
    expect(() => parseReference(text)).toThrow(message);
  });

  it.each([
    'oci://user:hunter2@reg.example/app',
    'oci://user:hunter2@reg.example',
    'oci://user:hunt/hunter2@reg.example/app',
  ])('does not repeat a password: %s', (text) => {
    expect(() => parseReference(text)).toThrow(/^(?!.*hunter2)/s);
  });

  it('takes 255 characters of host and repository', () => {
    expect(parseReference(`oci://reg.example/${'a'.repeat(243)}`)).toMatchObject({ host: 'reg.example' });
  });
});

const part = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5})?$/);
const tag = fc.option(fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/), { nil: undefined });
const sha = fc.option(fc.stringMatching(/^sha256:[a-f0-9]{64}$/), { nil: undefined });
const given = <T extends object>(parts: T): T =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;

describe('formatReference', () => {
  it('gives a text that reads back as the same registry reference', () => {
    const host = fc.oneof(
      fc.stringMatching(/^[a-z0-9]{1,9}(\.[a-z]{2,5})?(:[1-9][0-9]{0,3})?$/),
      fc.constant('[::1]:5000'),
    );
    fc.assert(
      fc.property(host, fc.array(part, { minLength: 1, maxLength: 4 }), tag, sha, (at, parts, named, by) => {
        const reference = given({
          kind: 'registry' as const,
          host: at,
          repository: parts.join('/'),
          tag: named,
          digest: by,
        });
        expect(parseReference(formatReference(reference as never))).toEqual(reference);
      }),
    );
  });

  it('gives a text that reads back as the same layout or archive reference, whatever the path is called', () => {
    const path = fc.stringMatching(/^[a-z:@./]{0,12}[a-z:@.]$/);
    fc.assert(
      fc.property(path, fc.boolean(), tag, sha, (at, isFile, named, by) => {
        const place = isFile
          ? { kind: 'archive' as const, file: at }
          : { kind: 'layout' as const, directory: at };
        const reference = given({ ...place, tag: named, digest: by });
        expect(parseReference(formatReference(reference as never))).toEqual(reference);
      }),
    );
  });

  it('never meets a text that breaks the parser', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `oci://${rest}`),
          fc.string().map((rest) => `oci-layout:${rest}`),
          fc.string().map((rest) => `oci:${rest}`),
          fc.string().map((rest) => `oci-archive:${rest}`),
        ),
        (text) => {
          try {
            const reference = parseReference(text);
            expect(parseReference(formatReference(reference))).toEqual(reference);
          } catch (error) {
            expect(error).toBeInstanceOf(OciError);
          }
        },
      ),
    );
  });
});

describe('isLoopback', () => {
  it.each([
    ['localhost', true],
    ['localhost:5000', true],
    ['LOCALHOST', true],
    ['registry.localhost:80', true],
    ['127.0.0.1', true],
    ['127.8.9.10:5000', true],
    ['[::1]', true],
    ['[::1]:5000', true],
    ['::1', true],
    ['127.1:5000', true],
    ['0x7f000001', true],
    ['[0:0:0:0:0:0:0:1]:80', true],
    ['[::ffff:127.0.0.1]', false],
    ['reg.example/.localhost', false],
    ['reg.example#.localhost', false],
    ['not a host.localhost', false],
    ['localhost.example', false],
    ['notlocalhost', false],
    ['127.0.0.1.example', false],
    ['128.0.0.1', false],
    ['10.0.0.1', false],
    ['[::2]', false],
    ['0.0.0.0', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
