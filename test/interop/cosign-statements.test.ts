import { readFileSync, writeFileSync } from 'node:fs';
import { mediaTypes } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/api/index.ts';
import { openPrivateKey } from '../../src/verify/index.ts';
import { attachSignature } from '../fixtures/attach-signature.ts';
import { contentOf, push, pushArtifact } from '../fixtures/signed-artifact.ts';
import {
  bundleStyle,
  cosignKeys,
  cosignSign,
  emptySigningConfig,
  legacyTagStyle,
} from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { Judge } from './harness/judge.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { Workshop } from './harness/workshop.ts';

const provenance = 'https://slsa.dev/provenance/v1';

describeWithPeers('what cosign states, and where it puts it', ['cosign'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let judge: Judge;
  let signer: { key: string; pub: string };
  let stranger: { key: string; pub: string };

  async function publish(name: string): Promise<string> {
    const repository = `${registry.host}/statements/${name}`;
    const { descriptor } = await pushArtifact(judge.repository(`${repository}@`), name);
    return `${repository}@${descriptor.digest}`;
  }

  const signers = (verdict: Verdict) => (verdict.kind === 'accepted' ? verdict.signers : []);
  const cosign = async (...args: readonly string[]): Promise<boolean> =>
    (await workshop.attempt('cosign', ...args)).code === 0;
  const cosignVerifies = (reference: string, ...options: readonly string[]) =>
    cosign('verify', '--key', signer.pub, '--insecure-ignore-tlog=true', ...options, reference);

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    judge = new Judge();
    signer = await cosignKeys(workshop, 'signer');
    stranger = await cosignKeys(workshop, 'stranger');
    await emptySigningConfig(workshop);
  });

  afterAll(async () => {
    await judge?.close();
    await registry?.close();
    workshop?.close();
  });

  describe('annotations', () => {
    it.concurrent.each([bundleStyle, legacyTagStyle].map((style) => [style.title, style] as const))(
      'of %s are those that were signed',
      async (title, style) => {
        const reference = await publish(`annotated-${title.replaceAll(/\W/g, '-').toLowerCase()}`);
        const annotated = {
          ...style,
          sign: (config: string) => [...style.sign(config), '-a', 'env=prod', '-a', 'team=a b'],
        };
        await cosignSign(workshop, annotated, { key: signer.key, reference });

        const [found] = signers(await judge.verdict(reference, [signer.pub]));
        expect(found?.annotations).toEqual({ env: 'prod', team: 'a b' });
        expect(await cosignVerifies(reference, ...style.verify, '-a', 'env=prod')).toBe(true);
        expect(await cosignVerifies(reference, ...style.verify, '-a', 'env=test')).toBe(false);
      },
    );

    it.concurrent('that Sealift signs, cosign asks for', async () => {
      const reference = await publish('annotated-by-sealift');
      const privateKey = await openPrivateKey(readFileSync(signer.key, 'utf8'), 'interop');
      const manifest = await judge.subject(reference);
      const request = { manifest, privateKey, annotations: { env: 'prod' }, created: new Date() };
      await attachSignature(judge.repository(reference), request, new AbortController().signal);

      expect(await cosignVerifies(reference, '-a', 'env=prod')).toBe(true);
      expect(await cosignVerifies(reference, '-a', 'env=test')).toBe(false);
    });
  });

  describe('attestations', () => {
    // `cosign verify` 3.1.3 takes any attestation in a bundle for a signature, whatever its type of predicate; Sealift never does.
    const homes = [
      ['in a bundle', { ...bundleStyle, passesForSignature: true }],
      ['under the legacy tag', { ...legacyTagStyle, passesForSignature: false }],
    ] as const;

    const policy = (predicateType: string, buildType = 'https://build.test/v1') => ({
      require: 'none',
      attestations: [
        {
          name: 'built',
          predicateType,
          rules: [{ cel: `predicate.buildDefinition.buildType == '${buildType}'` }],
        },
      ],
    });

    it.concurrent.each(homes)(
      '%s count as what they are, and as no signature',
      async (title, { sign, verify, passesForSignature }) => {
        const reference = await publish(`attested-${title.replaceAll(/\W/g, '-')}`);
        const predicate = workshop.path(`${title.replaceAll(/\W/g, '-')}.json`);
        writeFileSync(predicate, JSON.stringify({ buildDefinition: { buildType: 'https://build.test/v1' } }));
        const config = await emptySigningConfig(workshop);
        const attest = ['attest', '--yes', '--key', signer.key, '--type', 'slsaprovenance1'];
        await workshop.run('cosign', ...attest, ...sign(config), '--predicate', predicate, reference);

        const judged = (keys: readonly string[], spec: object) => judge.verdict(reference, keys, { ...spec });
        expect(await judged([signer.pub], policy(provenance))).toMatchObject({ kind: 'accepted' });
        expect(await judged([stranger.pub], policy(provenance))).toMatchObject({ kind: 'refused' });
        expect(await judged([signer.pub], policy('https://spdx.dev/Document'))).toMatchObject({
          kind: 'refused',
        });
        expect(await judged([signer.pub], policy(provenance, 'https://other.test'))).toMatchObject({
          kind: 'refused',
        });
        expect(await judged([signer.pub], {})).toMatchObject({ kind: 'refused' });
        const verifies = [
          'verify-attestation',
          '--insecure-ignore-tlog=true',
          ...verify,
          '--type',
          'slsaprovenance1',
        ];
        expect(await cosign(...verifies, '--key', signer.pub, reference)).toBe(true);
        expect(await cosign(...verifies, '--key', stranger.pub, reference)).toBe(false);
        expect(await cosignVerifies(reference, ...verify)).toBe(passesForSignature);
      },
    );
  });

  it.concurrent('a signature with the time of its creation counts', async () => {
    const reference = await publish('timed');
    const timed = {
      ...legacyTagStyle,
      sign: (config: string) => [...legacyTagStyle.sign(config), '--record-creation-timestamp'],
    };
    await cosignSign(workshop, timed, { key: signer.key, reference });
    expect(await judge.verdict(reference, [signer.pub])).toMatchObject({ kind: 'accepted' });
  });

  it.concurrent('an index signed as a whole, and its children by themselves', async () => {
    const repository = `${registry.host}/statements/index`;
    const store = judge.repository(`${repository}@`);
    const child = await pushArtifact(store, 'child');
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [{ ...child.descriptor, platform: { os: 'linux', architecture: 'amd64' } }],
    });
    await push(store, index);
    const whole = `${repository}@${index.descriptor.digest}`;
    const part = `${repository}@${child.descriptor.digest}`;
    await cosignSign(workshop, bundleStyle, { key: signer.key, reference: whole });
    expect(await judge.verdict(whole, [signer.pub])).toMatchObject({ kind: 'accepted' });
    expect(await judge.verdict(part, [signer.pub])).toMatchObject({ code: 'SIGNATURE_MISSING' });

    const recursive = {
      ...bundleStyle,
      sign: (config: string) => [...bundleStyle.sign(config), '--recursive'],
    };
    await cosignSign(workshop, recursive, { key: signer.key, reference: whole });
    expect(await judge.verdict(part, [signer.pub])).toMatchObject({ kind: 'accepted' });
    expect([await cosignVerifies(whole), await cosignVerifies(part)]).toEqual([true, true]);
  });
});
