import { rfc3339 } from '../../src/core/index.ts';
import { readTrustedRootFile } from '../../src/verify/index.ts';

/** One log or authority of a trusted root. */
export interface TrustMember {
  readonly role: 'log' | 'certificate-log' | 'certificate-authority' | 'timestamp-authority';
  readonly url: string;
  /** RFC 3339; absent is no limit. */
  readonly from?: string;
  readonly until?: string;
}

interface Window {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

function windowOf({ start, end }: Window = {}): Pick<TrustMember, 'from' | 'until'> {
  const at = (text: string) => rfc3339(Date.parse(text));
  return {
    ...(start === undefined ? {} : { from: at(start) }),
    ...(end === undefined ? {} : { until: at(end) }),
  };
}

/** Whom a trusted root trusts, in the order of its file. @throws SealiftError TRUST_INVALID. */
export function trustMembers(content: Uint8Array, subject: string): readonly TrustMember[] {
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = readTrustedRootFile(
    content,
    subject,
  );
  type Log = (typeof tlogs)[number];
  type Authority = (typeof timestampAuthorities)[number];
  const log =
    (role: TrustMember['role']) =>
    ({ baseUrl, publicKey }: Log): TrustMember => ({ role, url: baseUrl, ...windowOf(publicKey.validFor) });
  const authority =
    (role: TrustMember['role']) =>
    ({ uri, subject: names, validFor }: Authority): TrustMember => ({
      role,
      url: uri ?? names?.['commonName'] ?? '',
      ...windowOf(validFor),
    });
  return [
    ...tlogs.map(log('log')),
    ...ctlogs.map(log('certificate-log')),
    ...certificateAuthorities.map(authority('certificate-authority')),
    ...timestampAuthorities.map(authority('timestamp-authority')),
  ];
}
