import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EverSeen } from './ever-seen.ts';

describe('EverSeen', () => {
  it('never says of an object that was seen that it is not there', () => {
    const property = fc.property(fc.array(fc.string()), (ids) => {
      const seen = new EverSeen();
      seen.begin();
      for (const id of ids) seen.add(id);
      return ids.every((id) => seen.mayHave(id));
    });
    fc.assert(property);
  });

  it('knows of nearly all objects that were not seen, among ten thousand of them', () => {
    const seen = new EverSeen();
    expect(seen.mayHave('x')).toBe(true);
    seen.begin();
    for (let at = 0; at < 10_000; at += 1) seen.add(`shop_m${at}__ConfigMap`);
    const others = Array.from({ length: 10_000 }, (_, at) => `shop_o${at}__ConfigMap`);
    expect(others.filter((id) => seen.mayHave(id)).length).toBeLessThan(200);
    seen.begin();
    expect(seen.mayHave('shop_m1__ConfigMap')).toBe(false);
  });
});
