import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../loopback.ts';

export type AddressClass = 'loopback' | 'link-local' | 'metadata' | 'private' | 'other';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');

/** Where clouds hand out credentials besides 169.254.169.254: by their documentation AWS, Google, Alibaba, Oracle, and Azure's agent. */
const metadata = new BlockList();
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('fd00:ec2::23', 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');
metadata.addAddress('100.100.100.200', 'ipv4');
metadata.addAddress('192.0.0.192', 'ipv4');
metadata.addAddress('168.63.129.16', 'ipv4');

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
  if (metadata.check(address, family)) return 'metadata';
  return privateUse.check(address, family) ? 'private' : 'other';
}

/** Whether only this machine can reach it: nobody else has business to point there. */
export function isInward(found: AddressClass): boolean {
  return found === 'loopback' || found === 'link-local' || found === 'metadata';
}
