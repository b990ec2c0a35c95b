import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchRoot } from '../../src/site/index.ts';
import { TufRepository, type TufRotation, type TufState } from '../fixtures/tuf-repository.ts';

let directory: string;
let repository: TufRepository;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealift-test-tuf-'));
  repository = await TufRepository.start({ version: 1, target: 'one' });
  await writeFile(join(directory, 'root.json'), repository.root);
  expect(await fetched()).toBe('one');
});

afterEach(async () => {
  await repository.close();
  await rm(directory, { recursive: true, force: true });
});

async function fetched(): Promise<string> {
  const content = await fetchRoot({
    mirror: repository.url,
    initialRoot: join(directory, 'root.json'),
    cacheDirectory: join(directory, 'cache'),
  });
  return Buffer.from(content).toString();
}

describe('the chain of roots that says who may publish a trusted root', () => {
  it('goes on where both the old key and the new one signed', async () => {
    repository.rotate({ version: 2 });
    repository.rotate({ version: 3 });
    repository.publish({ version: 2, target: 'two' });
    expect(await fetched()).toBe('two');
  });

  it.each<[string, TufRotation, Partial<TufState>, RegExp]>([
    ['a version is skipped', { version: 3 }, {}, /timestamp was signed by 0\/1 keys/],
    [
      'a version is skipped under the name of the next',
      { version: 3, as: 2 },
      {},
      /expected version 2, got 3/i,
    ],
    ['a version comes again', { version: 1, as: 2 }, {}, /expected version 2, got 1/i],
    ['the new key alone signed', { version: 2, by: 'new' }, {}, /root was signed by 0\/1 keys/],
    ['the old key alone signed', { version: 2, by: 'old' }, {}, /root was signed by 0\/1 keys/],
    ['the newest has expired', { version: 2, validFor: -1 }, {}, /root\.json is expired/],
    ['a revoked key goes on', { version: 2 }, { by: 'first' }, /timestamp was signed by 0\/1 keys/],
  ])('attack 37: is refused where %s', async (_what, rotation, state, message) => {
    repository.rotate(rotation);
    repository.publish({ version: 2, target: 'two', ...state });
    await expect(fetched()).rejects.toMatchObject({
      code: 'TRUST_UPDATE_FAILED',
      message: expect.stringMatching(message),
    });
  });
});
