import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { OciError } from '../errors.ts';
import { addressClass, isInward } from './address-class.ts';

type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Looks a name up as Node does, and refuses it when any of its addresses is one that only this machine can reach: a registry may name hosts, and
 * whoever owns a name may let it mean an address that nobody but us can reach.
 */
export function guardedLookup(resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '');
      const inward = addresses.find(({ address }) => isInward(addressClass(address)));
      if (inward !== undefined) return done(refusal(hostname, inward.address), '');
      const [first] = addresses;
      if (options.all === true) return done(null, addresses);
      return done(null, first?.address ?? '', first?.family);
    });
  };
}

function refusal(hostname: string, address: string): OciError {
  const detail = `expected an address outside this machine, got the ${addressClass(address)} address ${address}`;
  return new OciError('protocol', hostname, detail);
}
