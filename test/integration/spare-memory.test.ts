import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { execPath } from 'node:process';
import { describe, expect, it } from 'vitest';

const file = path.resolve(import.meta.dirname, '../../cmd/sealift/spare-memory.ts');

/** What a process prints, which runs this after `spareMemory` and `collectWhenQuiet` were loaded. */
function printed(code: string): unknown {
  const text = `const { spareMemory, collectWhenQuiet } = await import(${JSON.stringify(file)});\n${code}`;
  const options = ['--allow-natives-syntax', '--input-type=module', '--eval', text];
  const { stdout, stderr } = spawnSync(execPath, options, { encoding: 'utf8', timeout: 60_000 });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('a process that waits most of its life', () => {
  it('keeps the space for new objects small, whatever it made', () => {
    const sizes = `
      import { getHeapSpaceStatistics } from 'node:v8';
      spareMemory();
      let kept = [];
      for (let at = 0; at < 3_000_000; at += 1) {
        kept.push({ at });
        if (kept.length > 50_000) kept = [];
      }
      const [space] = getHeapSpaceStatistics().filter((one) => one.space_name === 'new_space');
      console.log(JSON.stringify(space.space_size));
    `;
    expect(printed(sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  it('leaves code as it is read until that runs very often', () => {
    const tier = `
      spareMemory();
      function add(a, b) { return a + b; }
      for (let at = 0; at < 20_000; at += 1) add(at, 1);
      console.log(JSON.stringify(%ActiveTierIsIgnition(add)));
    `;
    expect(printed(tier)).toBe(true);
  });

  it('compiles WebAssembly once', () => {
    // (func (export "f") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    const module = [
      '0061736d01000000',
      '01050160017f00',
      '03020100',
      '07050101660000',
      '0a10010e000340200041016b22000d000b0b',
    ].join('');
    const tier = `
      spareMemory();
      const { instance } = await WebAssembly.instantiate(Buffer.from('${module}', 'hex'));
      for (let times = 0; times < 20; times += 1) instance.exports.f(20_000_000);
      console.log(JSON.stringify(%IsLiftoffFunction(instance.exports.f)));
    `;
    expect(printed(tier)).toBe(true);
  });

  it('collects what nobody needs when nothing was told for a while, once', () => {
    const collected = `
      const armed = [];
      let again = 0;
      globalThis.setTimeout = (act, ms) => {
        armed.push({ act, ms });
        return { unref() { return this; }, refresh() { again += 1; } };
      };
      const told = collectWhenQuiet();
      let large = { is: 'large' };
      const seen = new WeakRef(large);
      large = undefined;
      for (let times = 0; times < 3; times += 1) told({});
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      await turn();
      const before = seen.deref() !== undefined;
      await turn();
      for (const { act } of armed) act();
      await turn();
      console.log(JSON.stringify([armed.map(({ ms }) => ms), again, before, seen.deref() !== undefined]));
    `;
    expect(printed(collected)).toEqual([[5000], 3, true, false]);
  });
});
