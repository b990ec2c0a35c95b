import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EverSeen } from './ever-seen.ts';

describe('EverSeen', () => {
  it('never says of an object that was seen that it is not there', () => {
    const property = fc.property(fc.array(fc.string()), (ids) => {
      const seen = new EverSeen(20);
      seen.begin();
      for (const id of ids) seen.add(id);
      return ids.every((id) => seen.mayHave(id));
    });
    fc.assert(property);
  });

  it('knows of most objects that were not seen, up to its limit', () => {
    const seen = new EverSeen(1000);
    expect(seen.mayHave('x')).toBe(true);
    seen.begin();
    for (let at = 0; at < 1000; at += 1) seen.add(`shop_m${at}__ConfigMap`);
    const others = Array.from({ length: 1000 }, (_, at) => `shop_o${at}__ConfigMap`);
    expect(others.filter((id) => seen.mayHave(id)).length).toBeLessThan(5);
    seen.add('one more');
    expect(others.every((id) => seen.mayHave(id))).toBe(true);
    seen.begin();
    expect(seen.mayHave('one more')).toBe(false);
  });
});
