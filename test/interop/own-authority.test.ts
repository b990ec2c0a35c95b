import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Verdict } from '../../src/api/index.ts';
import { type IssuingAuthority, issue, makeAuthority, names, oids } from '../fixtures/certificate-maker.ts';
import { certificatePem } from '../fixtures/offline-bundles.ts';
import { type PrivateSigstore, startPrivateSigstore } from '../fixtures/private-sigstore.ts';
import { pushArtifact } from '../fixtures/signed-artifact.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { Judge } from './harness/judge.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { Workshop } from './harness/workshop.ts';

const subject = 'spiffe://example.test/ns/release/app';

const pem = (...certificates: readonly { readonly der: Buffer }[]): string =>
  certificates.map(({ der }) => certificatePem(der)).join('');

describeWithPeers('signatures by certificate of an authority of one’s own', ['cosign'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let judge: Judge;
  let sigstore: PrivateSigstore;
  let root: IssuingAuthority;
  let issuer: IssuingAuthority;

  const file = (name: string, content: string): string => {
    const path = workshop.path('own', name);
    writeFileSync(path, content);
    return path;
  };

  /** The root as cosign takes it: the authority in the place of Fulcio, with the timestamp authority of the instance. */
  const rootFile = (name: string, ...certificates: readonly { readonly der: Buffer }[]): string => {
    const chain = { certificates: certificates.map(({ der }) => ({ rawBytes: der.toString('base64') })) };
    const validFor = { start: '2020-01-01T00:00:00Z' };
    const authority = { uri: 'https://own.test', subject: {}, certChain: chain, validFor };
    return file(name, JSON.stringify({ ...sigstore.trustedRoot, certificateAuthorities: [authority] }));
  };

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    judge = new Judge();
    sigstore = await startPrivateSigstore();
    root = await makeAuthority('own-root.test');
    issuer = await makeAuthority('own.test', { above: root });
    const alternativeName = { critical: true, value: names(['uri', subject]) };
    const signer = await issue(issuer, {
      extensions: { [oids.alternativeName]: alternativeName, [oids.issuer]: null },
    });
    const plain = file('plain.pem', String(signer.privateKey.export({ format: 'pem', type: 'pkcs8' })));
    const prefix = workshop.path('own', 'signer');
    await workshop.run('cosign', 'import-key-pair', '--key', plain, '--output-key-prefix', prefix, '--yes');
    file('signer.pem', pem(signer));
    file('chain.pem', pem(issuer, root));
    file('signing-config.json', JSON.stringify(sigstore.signingConfig({ timestamp: true })));
    rootFile('root.json', issuer, root);
    const other = await makeAuthority('own-root.test');
    rootFile('other.json', await makeAuthority('own.test', { above: other }), other);
  });

  afterAll(async () => {
    await judge?.close();
    await sigstore?.close();
    await registry?.close();
    workshop?.close();
  });

  const cosignVerifies = async (
    reference: string,
    asked: readonly string[],
    by = 'root.json',
    who = subject,
  ) => {
    const identity = ['--certificate-identity', who, '--certificate-oidc-issuer-regexp', '.*'];
    // An authority of one's own has no CT log, and the signature is in no log.
    const without = ['--insecure-ignore-sct', '--insecure-ignore-tlog'];
    const trusted = ['--trusted-root', workshop.path('own', by)];
    const flags = [...identity, ...without, ...trusted, ...asked];
    return (await workshop.attempt('cosign', 'verify', ...flags, reference)).code === 0;
  };

  const sealiftJudges = (
    reference: string,
    timestamps: number,
    by = [root, issuer],
    who = subject,
  ): Promise<Verdict> => {
    const trustedRoot = timestamps > 0 ? { trustedRoot: { secretRef: { name: 'root' } } } : {};
    const certificate = { data: pem(...by), identities: [{ subject: who }], ...trustedRoot };
    return judge.verdictBy(reference, { certificate, timestamps }, sigstore.trustedRoot);
  };

  const legacy = () => [
    ...['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false'],
    ...['--timestamp-server-url', sigstore.timestampUrl],
  ];
  const bundle = () => ['--signing-config', workshop.path('own', 'signing-config.json')];
  const chain = () => ['--certificate-chain', workshop.path('own', 'chain.pem')];

  async function cosignSigns(name: string, ...flags: readonly string[]): Promise<string> {
    const repository = `${registry.host}/own/${name.replaceAll(/\W+/g, '-')}`;
    const { descriptor } = await pushArtifact(judge.repository(`${repository}@`), name);
    const reference = `${repository}@${descriptor.digest}`;
    const [key, certificate] = [workshop.path('own', 'signer.key'), workshop.path('own', 'signer.pem')];
    const trusted = ['--trusted-root', workshop.path('own', 'root.json')];
    const signer = ['--yes', '--key', key, '--certificate', certificate, ...trusted];
    await workshop.run('cosign', 'sign', ...signer, ...flags, reference);
    return reference;
  }

  it.concurrent.each([
    ['in a bundle', bundle, () => []],
    ['in a legacy signature', legacy, () => []],
    ['in a legacy signature with its chain', legacy, chain],
  ])('%s count by their root, now and by timestamp', async (title, format, more) => {
    const reference = await cosignSigns(title, ...format(), ...more());
    for (const [timestamps, asked] of [
      [0, []],
      [1, ['--use-signed-timestamps']],
    ] as const) {
      expect(await sealiftJudges(reference, timestamps)).toMatchObject({ kind: 'accepted' });
      expect(await cosignVerifies(reference, asked)).toBe(true);
    }
    const others = [await makeAuthority('own-root.test')];
    expect(await sealiftJudges(reference, 1, others)).toMatchObject({ code: 'CERTIFICATE_INVALID' });
    expect(await cosignVerifies(reference, [], 'other.json')).toBe(false);
    const stranger = `${subject}s`;
    expect(await sealiftJudges(reference, 1, [root, issuer], stranger)).toMatchObject({
      code: 'SIGNATURE_IDENTITY_UNKNOWN',
    });
    expect(await cosignVerifies(reference, [], 'root.json', stranger)).toBe(false);
  });

  it.concurrent('in a bundle with their chain count nowhere, unless cosign is told to take it', async () => {
    const reference = await cosignSigns('chained', ...bundle(), ...chain());
    expect(await sealiftJudges(reference, 1)).toMatchObject({ code: 'SIGNATURE_MALFORMED' });
    expect(await cosignVerifies(reference, [])).toBe(false);
    expect(await cosignVerifies(reference, ['--allow-certificate-chain'])).toBe(true);
  });
});
