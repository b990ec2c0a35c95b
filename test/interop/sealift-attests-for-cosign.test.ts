import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityToken } from '../fixtures/identity-token.ts';
import { type PrivateSigstore, startPrivateSigstore } from '../fixtures/private-sigstore.ts';
import { cosignKeys } from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { publishWithSealift } from './harness/publish.ts';
import { registryKinds } from './harness/registries.ts';
import { smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

const identity = { issuer: 'https://ci.test', subject: 'https://ci.test/team/app' };

const predicates = {
  slsaprovenance1: {
    buildDefinition: { buildType: 'https://b.test' },
    runDetails: { builder: { id: 'https://b.test' } },
  },
  spdxjson: { spdxVersion: 'SPDX-2.3', name: 'app' },
  cyclonedx: { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
  openvex: { '@context': 'https://openvex.dev/ns/v0.2.0' },
  custom: { anything: true },
  'https://example.test/ours/v1': { anything: true },
};

describeWithPeers('what Sealift attests and signs for cosign', ['cosign', 'crane', 'registry'], () => {
  describe.each(registryKinds)('in $title', ({ start }) => {
    let workshop: Workshop;
    let registry: LiveRegistry;
    let sigstore: PrivateSigstore;
    let tree: string;
    let keys: { key: string; pub: string };
    let root: string;

    beforeAll(async () => {
      workshop = new Workshop();
      registry = await start(workshop);
      sigstore = await startPrivateSigstore();
      tree = writeTree(workshop.path('tree'), smallTree);
      keys = await cosignKeys(workshop, 'ours');
      root = workshop.path('trusted_root.json');
      writeFileSync(root, JSON.stringify(sigstore.trustedRoot));
    });

    afterAll(async () => {
      await sigstore?.close();
      await registry?.close();
      workshop?.close();
    });

    const publish = (name: string) =>
      publishWithSealift(workshop, { tree, repository: `${registry.host}/${name}`, tag: 'v1' });

    it.each(Object.entries(predicates))('attestation of type %s, by key', async (type, predicate) => {
      const reference = await publish(`attested/${type.replaceAll(/\W+/g, '-')}`);
      const file = workshop.path('predicate.json');
      writeFileSync(file, JSON.stringify(predicate));
      await workshop.sealiftToSuccess(
        'attest',
        `oci://${reference}`,
        '--predicate',
        file,
        '--type',
        type,
        '--key',
        keys.key,
      );

      const verify = ['--key', keys.pub, '--insecure-ignore-tlog=true', '--type', type, reference];
      const { code, stdout, stderr } = await workshop.attempt('cosign', 'verify-attestation', ...verify);
      expect(code, stderr).toBe(0);
      const [line = ''] = stdout.trim().split('\n');
      const statement = JSON.parse(Buffer.from(JSON.parse(line).payload, 'base64').toString());
      const stated = type === 'custom' ? JSON.parse(statement.predicate.Data) : statement.predicate;
      expect(stated).toEqual(predicate);
    });

    it('annotations that are signed with the digest', async () => {
      const reference = await publish('annotated');
      const signed = ['--key', keys.key, '-a', 'env=prod', '--expires', '30d'];
      await workshop.sealiftToSuccess('sign', `oci://${reference}`, ...signed);
      const verify = (annotation: string) =>
        workshop.attempt(
          'cosign',
          'verify',
          '--key',
          keys.pub,
          '--insecure-ignore-tlog=true',
          '-a',
          annotation,
          reference,
        );
      const right = await verify('env=prod');
      expect(right.code, right.stderr).toBe(0);
      expect((await verify('env=test')).code).not.toBe(0);
    });

    it('signature and attestation without a key, by certificate, log and timestamp', async () => {
      const reference = await publish('keyless');
      const urls = [
        '--fulcio-url',
        sigstore.url,
        '--rekor-url',
        sigstore.url,
        '--timestamp-server-url',
        sigstore.url,
      ];
      const keyless = ['--keyless', ...urls, '--identity-token', identityToken(identity)];
      const file = workshop.path('predicate.json');
      writeFileSync(file, JSON.stringify(predicates.slsaprovenance1));
      await workshop.sealiftToSuccess('sign', `oci://${reference}`, ...keyless);
      await workshop.sealiftToSuccess(
        'attest',
        `oci://${reference}`,
        '--predicate',
        file,
        '--type',
        'slsaprovenance1',
        ...keyless,
      );

      const asked = (subject: string) => [
        '--trusted-root',
        root,
        '--certificate-identity',
        subject,
        '--certificate-oidc-issuer',
        identity.issuer,
        '--use-signed-timestamps',
      ];
      const signature = await workshop.attempt('cosign', 'verify', ...asked(identity.subject), reference);
      expect(signature.code, signature.stderr).toBe(0);
      const attestation = await workshop.attempt(
        'cosign',
        'verify-attestation',
        '--type',
        'slsaprovenance1',
        ...asked(identity.subject),
        reference,
      );
      expect(attestation.code, attestation.stderr).toBe(0);
      const other = await workshop.attempt('cosign', 'verify', ...asked('https://ci.test/other'), reference);
      expect(other.code).not.toBe(0);
    });
  });
});
