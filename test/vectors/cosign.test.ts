import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createVerifyStage, openPrivateKey } from '../../src/verify/index.ts';
import {
  accepting,
  hasVectors,
  judgeByKeys,
  keyNames,
  openVector,
  signedLayouts,
  vectorFolder,
  vectorKey,
} from '../fixtures/cosign-vectors.ts';
import { desiredState, keyPolicy, ociSource } from '../fixtures/signed-artifact.ts';

const never = new AbortController().signal;

describe.skipIf(!hasVectors)('signatures by cosign 3.1.3', () => {
  it('are all in the table', () => {
    expect(Object.keys(accepting).sort()).toEqual(readdirSync(join(vectorFolder, 'layouts')).sort());
    expect(
      readdirSync(join(vectorFolder, 'keys'))
        .filter((name) => name.endsWith('.pub'))
        .sort(),
    ).toEqual(keyNames.map((name) => `${name}.pub`).sort());
  });

  const pairs = Object.entries(accepting).flatMap(([layout, right]) =>
    keyNames.map((key) => [layout, key, right.includes(key) ? 'accepted' : 'refused'] as const),
  );

  it.each(pairs)('%s with %s: %s', async (name, key, expected) => {
    const { store, artifact } = await openVector(name);
    const verdict = await judgeByKeys(store, artifact, [vectorKey(key)]);
    expect(verdict.kind).toBe(expected);
    const code = name === 'unsigned' ? 'SIGNATURE_MISSING' : 'SIGNATURE_KEY_UNKNOWN';
    if (verdict.kind === 'refused') expect(verdict.code).toBe(code);
  });

  it.each(signedLayouts)('%s in its own format alone', async (name, key) => {
    const { store, artifact } = await openVector(name);
    const isBundle = name.includes('bundle');
    const bundles = await judgeByKeys(store, artifact, [vectorKey(key)], { formats: ['bundle'] });
    const legacy = await judgeByKeys(store, artifact, [vectorKey(key)], { formats: ['legacy'] });
    expect([bundles.kind, legacy.kind]).toEqual(isBundle ? ['accepted', 'refused'] : ['refused', 'accepted']);
  });

  it.each(['two-keys-bundle', 'two-keys-legacy'])(
    '%s satisfies two policies of one key each',
    async (name) => {
      const { store, artifact } = await openVector(name);
      const stage = createVerifyStage({ openRepository: () => store });
      const desired = desiredState(
        keyPolicy('first', [vectorKey('rsa2048')]),
        keyPolicy('second', [vectorKey('p256')]),
      );
      const request = {
        source: ociSource(),
        desired,
        resolved: { revision: 'v1', manifest: artifact.descriptor, content: artifact.content },
      };
      expect(await stage.verify(request, never)).toMatchObject({
        kind: 'accepted',
        signers: [{ authority: 'first/key-0' }, { authority: 'second/key-0' }],
      });
      const missing = {
        ...request,
        desired: desiredState(
          keyPolicy('first', [vectorKey('rsa2048')]),
          keyPolicy('second', [vectorKey('rsa4096')]),
        ),
      };
      expect(await stage.verify(missing, never)).toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
    },
  );

  it.each(['two-keys-bundle', 'two-keys-legacy'])(
    '%s satisfies 2 of 2, and no other pair does',
    async (name) => {
      const { store, artifact } = await openVector(name);
      const both = { require: { atLeast: 2 } };
      expect(
        await judgeByKeys(store, artifact, [vectorKey('rsa2048'), vectorKey('p256')], both),
      ).toMatchObject({
        kind: 'accepted',
        signers: { length: 2 },
      });
      for (const other of keyNames.filter((key) => key !== 'rsa2048')) {
        const verdict = await judgeByKeys(store, artifact, [vectorKey('p256'), vectorKey(other)], both);
        expect(verdict.kind).toBe('refused');
      }
    },
  );

  it('annotated-legacy shows what was signed with it', async () => {
    const { store, artifact } = await openVector('annotated-legacy');
    expect(await judgeByKeys(store, artifact, [vectorKey('p256')])).toMatchObject({
      signers: [{ annotations: { env: 'prod' } }],
    });
  });

  it('open with the private key that cosign stored', async () => {
    const text = readFileSync(join(vectorFolder, 'keys/p256.encrypted.key'), 'utf8');
    const { publicKey } = await openPrivateKey(text, 'test');
    expect(publicKey.key.export({ format: 'pem', type: 'spki' })).toBe(vectorKey('p256'));
    await expect(openPrivateKey(text, 'Test')).rejects.toMatchObject({ code: 'KEY_PASSWORD_WRONG' });
  });
});
