import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';

export type AddressClass = 'loopback' | 'link-local' | 'private' | 'other';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');

/** "This host" addresses reach the machine itself on most systems, as loopback does. */
const ownMachine = new BlockList();
ownMachine.addSubnet('127.0.0.0', 8, 'ipv4');
ownMachine.addSubnet('0.0.0.0', 8, 'ipv4');
ownMachine.addAddress('::1', 'ipv6');
ownMachine.addAddress('::', 'ipv6');

const privateUse = new BlockList();
privateUse.addSubnet('10.0.0.0', 8, 'ipv4');
privateUse.addSubnet('172.16.0.0', 12, 'ipv4');
privateUse.addSubnet('192.168.0.0', 16, 'ipv4');
privateUse.addSubnet('100.64.0.0', 10, 'ipv4');
privateUse.addSubnet('fc00::', 7, 'ipv6');

/**
 * What an address literal in a URL's `hostname` stands for (RFC 6890); a name that is no literal is `other`, unless it is localhost: names
 * are not looked up here.
 */
export function addressClass(hostname: string): AddressClass {
  if (isLoopback(hostname)) return 'loopback';
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const version = isIP(address);
  if (version === 0) return 'other';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (ownMachine.check(address, family)) return 'loopback';
  if (linkLocal.check(address, family)) return 'link-local';
  return privateUse.check(address, family) ? 'private' : 'other';
}
