import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealiftError } from '../core/index.ts';
import { importRoot, readTrustFiles, type TrustPlaces, TrustStore } from './index.ts';

let base: string;
let directory: string;
let places: TrustPlaces;

/** A root whose newest member began in that year. */
function root(year: number, mark = ''): Buffer {
  const member = (start: number) => ({ uri: mark, validFor: { start: `${start}-01-01T00:00:00Z` } });
  return Buffer.from(
    JSON.stringify({ tlogs: [{ publicKey: member(2021) }], timestampAuthorities: [member(year)] }),
  );
}

const shipped = { name: 'public-good', content: root(2025), since: Date.parse('2025-06-01T00:00:00Z') };

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sealift-test-trust-'));
  directory = join(base, 'trust');
  places = {
    directory,
    shipped: [shipped],
    check: (content, subject) => {
      try {
        JSON.parse(Buffer.from(content).toString());
      } catch (cause) {
        throw new SealiftError('TRUST_INVALID', subject, 'expected a trusted root', { cause });
      }
    },
  };
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function put(name: string, content: Uint8Array): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.json`), content);
}

function looked(): TrustStore {
  const store = new TrustStore(places);
  store.look();
  return store;
}

describe('trusted roots of a site', () => {
  it('are those that came with the program until others are stored', () => {
    expect(looked().list()).toMatchObject([{ name: 'public-good', isShipped: true, since: shipped.since }]);
    put('public-good', root(2026));
    put('ours', root(2024));
    expect(looked().list()).toMatchObject([
      { name: 'ours', isShipped: false },
      { name: 'public-good', isShipped: false },
    ]);
    expect(Buffer.compare(looked().read('public-good'), root(2026))).toBe(0);
  });

  it('say which there are when another one is asked for', () => {
    put('ours', root(2024));
    expect(() => looked().read('theirs')).toThrow(
      expect.objectContaining({
        code: 'OBJECT_NOT_FOUND',
        message: expect.stringMatching(/\(ours, public-good\); `sealift trust import FILE --name theirs`/),
      }),
    );
  });

  it('belong to their ids, whatever becomes of the files meanwhile', () => {
    put('ours', root(2024));
    const store = looked();
    const before = store.idOf('ours');
    put('ours', root(2026));
    expect(Buffer.compare(store.read('ours'), root(2024))).toBe(0);
    store.look();
    expect(store.idOf('ours')).not.toBe(before);
    expect(Buffer.compare(store.read('ours'), root(2026))).toBe(0);
  });
});

describe('a change of trusted roots', () => {
  it('is told once, from the old one to the new one', () => {
    put('ours', root(2024));
    const store = looked();
    const before = store.idOf('ours');
    put('ours', root(2026));
    expect(store.look().changes).toEqual([{ name: 'ours', before, after: store.idOf('ours') }]);
    expect(store.look().changes).toEqual([]);
  });

  it('is told although no agent ran when it came', () => {
    const before = looked().idOf('public-good');
    importRoot(places, { name: 'public-good', content: root(2026), from: 'root.json', allowOlder: false });
    const store = new TrustStore(places);
    expect(store.look().changes).toEqual([{ name: 'public-good', before, after: store.idOf('public-good') }]);
  });

  it('is none on a site that is new', () => {
    put('ours', root(2024));
    expect(new TrustStore(places).look()).toEqual({ changes: [], faults: [] });
  });

  it('is told when a root is taken away', () => {
    put('ours', root(2024));
    const before = looked().idOf('ours');
    rmSync(join(directory, 'ours.json'));
    expect(new TrustStore(places).look().changes).toEqual([{ name: 'ours', before }]);
  });

  it('counts as one of all when what was noted of the last look is damaged', () => {
    looked();
    writeFileSync(join(directory, '.in-force'), '{');
    expect(new TrustStore(places).look().changes).toEqual([
      { name: 'public-good', after: looked().idOf('public-good') },
    ]);
  });
});

describe('a file that is no trusted root', () => {
  it('leaves in force what was, and is told', () => {
    put('ours', root(2024));
    const store = looked();
    put('ours', Buffer.from('{'));
    expect(store.look()).toMatchObject({ changes: [], faults: [{ code: 'TRUST_INVALID' }] });
    expect(Buffer.compare(store.read('ours'), root(2024))).toBe(0);
  });

  it('takes the place of what came with the program all the same: nothing is trusted instead', () => {
    put('public-good', Buffer.from('{'));
    expect(looked().idOf('public-good')).toBeUndefined();
  });

  it.each([
    ['a file that is too large', () => put('ours', Buffer.alloc(1024 * 1024 + 1, ' '))],
    [
      'too many files',
      () => {
        for (let number = 0; number <= 64; number += 1) put(`root-${number}`, root(2024));
      },
    ],
  ])('is refused as %s before it is read', (_, make) => {
    make();
    expect(() => new TrustStore(places).look()).toThrow(expect.objectContaining({ code: 'TRUST_INVALID' }));
  });
});

describe('importing a trusted root', () => {
  const importing = (content: Uint8Array, change = {}) =>
    importRoot(places, { name: 'public-good', content, from: 'root.json', allowOlder: false, ...change });

  it('puts it in place, whole, for the owner alone, and says what it replaces', () => {
    const { before, after } = importing(root(2026));
    expect(before).toBe(readTrustFiles(base, [shipped])[0]?.id);
    expect(readTrustFiles(directory, [shipped])).toMatchObject([{ id: after, isShipped: false }]);
    expect(Buffer.compare(readFileSync(join(directory, 'public-good.json')), root(2026))).toBe(0);
    expect(readdirSync(directory)).toEqual(['public-good.json']);
  });

  it('refuses one whose members are older than those in force', () => {
    importing(root(2026));
    expect(() => importing(root(2025))).toThrow(
      expect.objectContaining({ code: 'TRUST_INVALID', message: expect.stringContaining('2026-01-01') }),
    );
    expect(Buffer.compare(looked().read('public-good'), root(2026))).toBe(0);
  });

  it('refuses one older than what came with the program', () => {
    expect(() => importing(root(2024))).toThrow(expect.objectContaining({ code: 'TRUST_INVALID' }));
  });

  it('takes an older one when that is meant', () => {
    importing(root(2026));
    importing(root(2024), { allowOlder: true });
    expect(Buffer.compare(looked().read('public-good'), root(2024))).toBe(0);
  });

  it('takes another one as new as the one in force', () => {
    importing(root(2026));
    expect(importing(root(2026, 'other')).after).toBe(looked().idOf('public-good'));
  });

  it.each(['', '../public-good', 'a/b', '.in-force', 'A', 'x'.repeat(64)])(
    'refuses %j for a name',
    (name) => {
      expect(() => importing(root(2026), { name })).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );

  it('refuses what is no trusted root', () => {
    expect(() => importing(Buffer.from('{'))).toThrow(expect.objectContaining({ code: 'TRUST_INVALID' }));
  });
});
