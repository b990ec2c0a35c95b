import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { OciError } from '../errors.ts';
import { guardedLookup } from './guarded-lookup.ts';

function find(addresses: readonly string[], all: boolean): Promise<unknown> {
  const found: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }));
  const look = guardedLookup((_hostname, _options, done) => done(null, found));
  return new Promise((resolve, reject) => {
    look('cdn.example', { all }, (error, address, family) => {
      if (error) reject(error);
      else resolve(all ? address : [address, family]);
    });
  });
}

describe('guardedLookup', () => {
  it.each([
    ['a public address', ['192.0.2.1']],
    ['a private address, as storage on premises has', ['10.0.0.7']],
    ['several', ['2001:db8::1', '192.0.2.1']],
  ])('takes %s', async (_behaviour, addresses) => {
    expect(await find(addresses, true)).toMatchObject(addresses.map((address) => ({ address })));
    expect(await find(addresses, false)).toEqual([addresses[0], addresses[0]?.includes(':') ? 6 : 4]);
  });

  it.each([
    ['the own machine', ['127.0.0.1']],
    ['the own machine in IPv6', ['::1']],
    ['the own machine mapped into IPv6', ['::ffff:127.0.0.1']],
    ['this host', ['0.0.0.0']],
    ['the address of cloud metadata', ['169.254.169.254']],
    ['a link-local address', ['fe80::1']],
    ['the private address of AWS for metadata', ['fd00:ec2::254']],
    ['one of these among others', ['192.0.2.1', '127.0.0.1']],
  ])('refuses a name that means %s', async (_behaviour, addresses) => {
    await expect(find(addresses, true)).rejects.toThrow(OciError);
    await expect(find(addresses, false)).rejects.toThrow(
      /^cdn\.example: expected an address outside this machine/,
    );
  });

  it('passes failures on', async () => {
    const look = guardedLookup((_hostname, _options, done) => done(new Error('ENOTFOUND'), []));
    await expect(
      new Promise((resolve, reject) => look('x', {}, (error) => (error ? reject(error) : resolve(0)))),
    ).rejects.toThrow('ENOTFOUND');
  });
});
