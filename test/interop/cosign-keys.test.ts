import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachStatement, attestationStatement, keySigner, openPrivateKey } from '../../src/verify/index.ts';
import { attachSignature } from '../fixtures/attach-signature.ts';
import { pushArtifact } from '../fixtures/signed-artifact.ts';
import { type KeyFiles, keyKinds, makeKeys } from './harness/cosign-key-kinds.ts';
import {
  bundleStyle,
  cosignSign,
  emptySigningConfig,
  legacyTagStyle,
  signingStyles,
} from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { Judge } from './harness/judge.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { Workshop } from './harness/workshop.ts';

describeWithPeers('keys of every kind that cosign signs with', ['cosign'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let judge: Judge;
  const keys = new Map<string, KeyFiles>();

  const keysOf = (title: string): KeyFiles => {
    const found = keys.get(title);
    if (found === undefined) throw new Error(`${title}: expected keys, got none`);
    return found;
  };

  /** An artifact of its own for each name. */
  async function publish(name: string): Promise<string> {
    const repository = `${registry.host}/keys/${name}`;
    const { descriptor } = await pushArtifact(judge.repository(`${repository}@`), name);
    return `${repository}@${descriptor.digest}`;
  }

  const provenance = 'https://slsa.dev/provenance/v1';
  const attested = { require: 'none', attestations: [{ name: 'built', predicateType: provenance }] };
  const predicate = () => {
    const path = workshop.path('predicate.json');
    if (!existsSync(path)) writeFileSync(path, JSON.stringify({ buildDefinition: {} }));
    return path;
  };

  const cosignVerifiesAttestation = async (
    pub: string,
    reference: string,
    options: readonly string[] = [],
  ) => {
    const verify = ['verify-attestation', '--type', 'slsaprovenance1', '--insecure-ignore-tlog=true'];
    return (await workshop.attempt('cosign', ...verify, '--key', pub, ...options, reference)).code === 0;
  };

  const cosignVerifies = async (pub: string, reference: string, options: readonly string[] = []) => {
    const verify = ['verify', '--key', pub, '--insecure-ignore-tlog=true', ...options, reference];
    return (await workshop.attempt('cosign', ...verify)).code === 0;
  };

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    judge = new Judge();
    await Promise.all(
      keyKinds.map(async (kind) => {
        keys.set(kind.title, await makeKeys(workshop, kind));
      }),
    );
    await emptySigningConfig(workshop);
  });

  afterAll(async () => {
    await judge?.close();
    await registry?.close();
    workshop?.close();
  });

  // Where a signature lies does not depend on its key, nor how it is made on where the key came from: each once is enough.
  const combinations = keyKinds.flatMap((kind) =>
    signingStyles.slice(0, kind.styles).map((style) => [kind.title, style.title, kind, style] as const),
  );

  it.concurrent.each(combinations)(
    '%s as %s: accepted with its key alone',
    async (title, _style, kind, style) => {
      const reference = await publish(`${title}-${style.title.replaceAll(/\W/g, '-').toLowerCase()}`);
      const { key, pub } = keysOf(title);
      await cosignSign(workshop, style, { key, reference });

      expect(await judge.verdict(reference, [pub])).toMatchObject({ kind: 'accepted' });
      const others = keyKinds.filter((other) => other !== kind).map((other) => keysOf(other.title).pub);
      expect(await judge.verdict(reference, others)).toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
      expect(await cosignVerifies(pub, reference, style.verify)).toBe(kind.cosignVerifies);
    },
  );

  const homes = [bundleStyle, legacyTagStyle];
  const attesting = keyKinds.flatMap((kind) =>
    homes.map((style) => [kind.title, style.title.split(' under')[0], kind, style] as const),
  );
  it.concurrent.each(attesting)(
    '%s attests as %s: it counts with its key alone',
    async (title, _, kind, style) => {
      const reference = await publish(`${title}-attests-${homes.indexOf(style)}`);
      const { key, pub } = keysOf(title);
      const stated = ['--type', 'slsaprovenance1', '--predicate', predicate()];
      const flags = ['--yes', '--key', key, ...style.sign(await emptySigningConfig(workshop))];
      await workshop.run('cosign', 'attest', ...stated, ...flags, reference);

      expect(await judge.verdict(reference, [pub], attested)).toMatchObject({ kind: 'accepted' });
      const others = keyKinds.filter((other) => other !== kind).map((other) => keysOf(other.title).pub);
      expect(await judge.verdict(reference, others, attested)).toMatchObject({ code: 'ATTESTATION_MISSING' });
      expect(await cosignVerifiesAttestation(pub, reference, style.verify)).toBe(kind.cosignVerifies);
    },
  );

  it.concurrent.each(keyKinds.map((kind) => [kind.title, kind] as const))(
    'what %s signed elsewhere counts when it is attached',
    async (title, kind) => {
      const reference = await publish(`${title}-attached`);
      const { key, pub } = keysOf(title);
      const payload = workshop.path('payloads', `${title}.json`);
      const signature = `${payload}.sig`;
      writeFileSync(payload, (await workshop.run('cosign', 'generate', reference)).stdout);
      const flags = ['--yes', '--key', key, '--output-signature', signature, ...legacyTagStyle.sign('')];
      await workshop.run('cosign', 'sign-blob', ...flags, payload);
      const files = ['--payload', payload, '--signature', signature];
      await workshop.run('cosign', 'attach', 'signature', ...files, reference);

      expect(await judge.verdict(reference, [pub])).toMatchObject({ kind: 'accepted' });
      const others = keyKinds.filter((other) => other !== kind).map((other) => keysOf(other.title).pub);
      expect(await judge.verdict(reference, others)).toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
      // Blobs are signed with plain Ed25519, which it verifies.
      const verifies = kind.cosignVerifies || title === 'ed25519';
      expect(await cosignVerifies(pub, reference, legacyTagStyle.verify)).toBe(verifies);
    },
  );

  it.concurrent.each(keyKinds.map((kind) => [kind.title, kind] as const))(
    'what Sealift signs and attests with %s, both judge as if cosign had done it',
    async (title, kind) => {
      const { key, pub } = keysOf(title);
      const opened = openPrivateKey(readFileSync(key, 'utf8'), 'interop');
      if (title === 'ed25519') {
        // Readers take such signatures as Ed25519ph, which Sealift does not write.
        await expect(opened).rejects.toMatchObject({ code: 'KEY_INVALID' });
        return;
      }
      const reference = await publish(`sealift-${title}`);
      const request = {
        manifest: await judge.subject(reference),
        privateKey: await opened,
        created: new Date(),
      };
      await attachSignature(judge.repository(reference), request, new AbortController().signal);
      expect(await judge.verdict(reference, [pub])).toMatchObject({ kind: 'accepted' });
      expect(await cosignVerifies(pub, reference)).toBe(kind.cosignVerifies);

      const { manifest: subject, created } = request;
      const stated = { type: provenance, json: Buffer.from('{}') };
      const statement = attestationStatement(subject.digest, stated);
      const signer = keySigner(request.privateKey);
      const attestation = { subject, statement, signer, created };
      await attachStatement(judge.repository(reference), attestation, new AbortController().signal);
      expect(await judge.verdict(reference, [pub], attested)).toMatchObject({ kind: 'accepted' });
      expect(await cosignVerifiesAttestation(pub, reference)).toBe(kind.cosignVerifies);
    },
  );
});
