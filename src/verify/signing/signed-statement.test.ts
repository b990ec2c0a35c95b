import { describe, expect, it } from 'vitest';
import { attestationStatement, maxPredicateBytes } from '../index.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const type = 'https://slsa.dev/provenance/v1';

const state = (json: string, of = type) =>
  JSON.parse(attestationStatement(digest, { type: of, json: Buffer.from(json) }).payload.toString());
const ofSize = (size: number): string => `"${'x'.repeat(size - 2)}"`;

describe('attestationStatement', () => {
  it('states the predicate about the digest', () => {
    expect(state('{"a":[1]}')).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'a'.repeat(64) } }],
      predicateType: type,
      predicate: { a: [1] },
    });
  });

  it('takes a predicate that is as large as readers take', () => {
    expect(state(ofSize(maxPredicateBytes)).predicate).toHaveLength(maxPredicateBytes - 2);
  });

  it.each([
    ['the type of a signature', '{}', 'https://sigstore.dev/cosign/sign/v1', 'got that of a signature'],
    ['a predicate that is larger', ofSize(maxPredicateBytes + 1), type, `got ${maxPredicateBytes + 1}`],
    ['a predicate that is no JSON', '{', type, 'JSON'],
    ['a key twice', '{"a":1,"a":2}', type, 'twice'],
  ])('refuses %s', (_what, json, of, message) => {
    expect(() => state(json, of)).toThrow(
      expect.objectContaining({ code: 'PREDICATE_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
