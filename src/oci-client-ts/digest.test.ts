import { createHash } from 'node:crypto';
import fc, { property, string, stringMatching, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHasher, OciError, parseDigest, sha256 } from './index.ts';

const hex64 = 'a'.repeat(64);

describe('parseDigest', () => {
  it.each([
    ['sha256', `sha256:${hex64}`, { algorithm: 'sha256', encoded: hex64 }],
    ['sha512', `sha512:${'0'.repeat(128)}`, { algorithm: 'sha512', encoded: '0'.repeat(128) }],
    [
      'an unknown algorithm',
      'multihash+base58:QmRZxt2b',
      { algorithm: 'multihash+base58', encoded: 'QmRZxt2b' },
    ],
    ['an encoding with all its signs', 'a1_b-c.d+e:aZ9=_-', { algorithm: 'a1_b-c.d+e', encoded: 'aZ9=_-' }],
    ['a name every object has', 'constructor:x', { algorithm: 'constructor', encoded: 'x' }],
  ])('accepts %s', (_what, text, expected) => {
    expect(parseDigest(text)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['no algorithm', `:${hex64}`],
    ['no content', 'sha256:'],
    ['no colon', `sha256${hex64}`],
    ['two colons', `sha256:${hex64}:a`],
    ['upper-case hex', `sha256:${'A'.repeat(64)}`],
    ['a short sha256', `sha256:${'a'.repeat(63)}`],
    ['a long sha256', `sha256:${'a'.repeat(65)}`],
    ['a short sha512', `sha512:${hex64}`],
    ['a way up', 'sha256:../../etc/passwd'],
    ['a line end', `sha256:${hex64}\n`],
    ['an upper-case algorithm', `SHA256:${hex64}`],
    ['a double separator', `sha--256:${hex64}`],
    ['far too much', `x:${'a'.repeat(300)}`],
  ])('refuses %s', (_what, text) => {
    expect(() => parseDigest(text)).toThrow(OciError);
  });

  it('gives back the two halves of whatever it accepts, safe to use in a path', () => {
    const digests = stringMatching(/^[a-z0-9]{1,6}([+._-][a-z0-9]{1,6}){0,3}:[a-zA-Z0-9=_-]{1,100}$/);
    fc.assert(
      property(digests, (text) => {
        if (/^sha(256|512):/.test(text)) return;
        const { algorithm, encoded } = parseDigest(text);
        expect(`${algorithm}:${encoded}`).toBe(text);
        expect(algorithm + encoded).not.toMatch(/\.\.|[/\\]/);
      }),
    );
  });

  it('answers any text with a digest or an OciError', () => {
    fc.assert(
      property(string(), (text) => {
        try {
          parseDigest(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'OciError', code: 'invalid' });
        }
      }),
    );
  });
});

describe('hashing', () => {
  it('agrees with node:crypto, in one piece or many', () => {
    fc.assert(
      property(uint8Array(), uint8Array(), (first, second) => {
        const hasher = createHasher('sha512');
        hasher.update(first);
        hasher.update(second);
        const expected = createHash('sha512').update(first).update(second).digest('hex');
        expect(hasher.digest()).toBe(`sha512:${expected}`);
      }),
    );
    expect(sha256(new TextEncoder().encode('{}'))).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  it.each(['blake3', 'md5', 'toString', ''])('computes no %s', (algorithm) => {
    expect(() => createHasher(algorithm)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
});
