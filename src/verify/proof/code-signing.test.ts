import { expect, it } from 'vitest';
import { keyUsage, makeAuthority, oids } from '../../../test/fixtures/certificate-maker.ts';
import { readCertificate } from './certificate.ts';
import { requireAuthority } from './code-signing.ts';

const authorityFor = async (usage: number) => {
  const extensions = { [oids.keyUsage]: { critical: true, value: keyUsage(usage) } };
  return readCertificate((await makeAuthority('own.test', { extensions })).der);
};

it('attack 33: an authority has to have a key that may sign certificates, also for whoever does not ask Node', async () => {
  const [forCertificates, forAnythingElse] = [await authorityFor(0x04), await authorityFor(0xfa)];
  expect(() => requireAuthority(forCertificates, 0)).not.toThrow();
  expect(() => requireAuthority(forAnythingElse, 0)).toThrow(
    'an authority above the signer, got another one',
  );
});
