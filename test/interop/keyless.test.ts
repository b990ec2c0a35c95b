import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { expectAnswers } from './harness/expect-answers.ts';
import { type Asked, KeylessBench, workflow } from './harness/keyless-bench.ts';
import {
  aLog,
  aLogAndATimestamp,
  evidenceOfIdentities,
  type Format,
  proofsOfTime,
} from './harness/proofs-of-time.ts';

const provenance = 'https://slsa.dev/provenance/v1';
const accepted = { cosign: 'yes', sealift: 'yes' };
const predicate = { buildDefinition: { buildType: 'https://build.test/v1' } };

describeWithPeers('signing without a key, by a Sigstore instance of one’s own', ['cosign'], () => {
  let bench: KeylessBench;

  beforeAll(async () => {
    bench = await KeylessBench.start();
  });
  afterAll(() => bench?.close());

  const asked = (format: Format, more: Partial<Asked> = {}): Asked => ({
    signer: { identity: workflow },
    root: bench.sigstore,
    question: aLog,
    format,
    ...more,
  });

  const stated = () => ['--type', 'slsaprovenance1', '--predicate', bench.predicate(predicate)];

  /** What holds for this signer by this instance holds for nobody else, and by no other. */
  async function expectOthersRefused(reference: string, right: Asked, identity = workflow): Promise<void> {
    const { issuer, subject } = identity;
    const others: readonly (readonly [Partial<Asked>, code: RegExp])[] = [
      [{ signer: { identity: { issuer, subject: `${subject}s` } } }, /SIGNATURE_IDENTITY_UNKNOWN/],
      [{ signer: { identity: { issuer: `${issuer}/`, subject } } }, /SIGNATURE_IDENTITY_UNKNOWN/],
      [{ root: bench.otherSigstore }, /(LOG_ENTRY|TIMESTAMP|CERTIFICATE)_INVALID/],
    ];
    for (const [other, code] of others) {
      const { cosign, sealift } = await bench.verdicts(reference, { ...right, ...other });
      expect(sealift).toMatch(code);
      expect(cosign).not.toBe('yes');
    }
  }

  describe('what cosign signs', () => {
    it.concurrent.each(evidenceOfIdentities)('as %s with %s', async (format, title, evidence) => {
      const reference = await bench.publish(`cosign-signs-${format}-${title}`);
      await bench.workshop.run('cosign', 'sign', ...bench.cosignFlags(format, evidence.services), reference);
      await expectAnswers(bench, reference, asked(format), evidence);
      const [question] = evidence.answers;
      if (question !== undefined) await expectOthersRefused(reference, asked(format, { question }));
    });

    it.concurrent('as a legacy signature that is an OCI 1.1 referrer', async () => {
      const reference = await bench.publish('cosign-signs-referrer');
      const flags = [...bench.cosignFlags('legacy', { log: 1 }), '--registry-referrers-mode=oci-1-1'];
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      const question = { ...aLog, flags: ['--experimental-oci11'] };
      const right = asked('legacy', { question });
      expect(await bench.verdicts(reference, right)).toEqual(accepted);
      await expectOthersRefused(reference, right);
    });

    it.concurrent('as somebody with an e-mail address', async () => {
      const identity = { issuer: 'https://login.test', subject: 'jo@example.test' };
      const reference = await bench.publish('cosign-signs-as-jo');
      const flags = bench.cosignFlags('bundle', { log: 1 }, { identity });
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      const right = asked('bundle', { signer: { identity } });
      expect(await bench.verdicts(reference, right)).toEqual(accepted);
      await expectOthersRefused(reference, right, identity);
    });

    it.concurrent('as a workflow whose issuer says more of it', async () => {
      const reference = await bench.publish('cosign-signs-as-workflow');
      const claims = { repository: 'team/app', ref: 'refs/heads/main', event_name: 'push' };
      const flags = bench.cosignFlags('bundle', { log: 1 }, { identity: { ...workflow, claims } });
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      const about = (repository: string, ref: string) =>
        asked('bundle', {
          extensions: { sourceRepository: `https://github.com/${repository}`, sourceRef: ref },
          question: {
            ...aLog,
            flags: [
              ...['--certificate-github-workflow-repository', repository],
              ...['--certificate-github-workflow-ref', ref],
            ],
          },
        });
      expect(await bench.verdicts(reference, about('team/app', 'refs/heads/main'))).toEqual(accepted);
      for (const other of [about('team/apps', 'refs/heads/main'), about('team/app', 'refs/heads/dev')]) {
        const { cosign, sealift } = await bench.verdicts(reference, other);
        expect(sealift).toMatch(/SIGNATURE_IDENTITY_UNKNOWN/);
        expect(cosign).not.toBe('yes');
      }
    });
  });

  it.concurrent('certificates that are in no CT log count as those of an authority of one’s own', async () => {
    const unlogged = await KeylessBench.start({ ctLog: false });
    try {
      const reference = await unlogged.publish('unlogged');
      const flags = unlogged.cosignFlags('bundle', { log: 1, timestamp: true });
      await unlogged.workshop.run('cosign', 'sign', ...flags, reference);
      const asKeyless = asked('bundle', { root: unlogged.sigstore });
      const refused = await unlogged.verdicts(reference, asKeyless);
      expect(refused.sealift).toMatch(/CERTIFICATE_INVALID/);
      expect(refused.cosign).not.toBe('yes');
      const question = { ...aLogAndATimestamp, flags: ['--insecure-ignore-sct', '--use-signed-timestamps'] };
      const asOwn = { ...asKeyless, question, ownAuthority: unlogged.sigstore.certificates };
      expect(await unlogged.verdicts(reference, asOwn)).toEqual(accepted);
      const { issuer, subject } = workflow;
      const byOther = { ...asOwn, signer: { identity: { issuer: `${issuer}/`, subject } } };
      const elsewhere = await unlogged.verdicts(reference, byOther);
      expect(elsewhere.sealift).toMatch(/SIGNATURE_IDENTITY_UNKNOWN/);
      expect(elsewhere.cosign).not.toBe('yes');
    } finally {
      await unlogged.close();
    }
  });

  describe('what cosign attests', () => {
    it.concurrent.each(evidenceOfIdentities.filter(([, , { answers }]) => answers.length > 0))(
      'as %s with %s',
      async (format, title, evidence) => {
        const reference = await bench.publish(`cosign-attests-${format}-${title}`);
        const flags = [...stated(), ...bench.cosignFlags(format, evidence.services)];
        await bench.workshop.run('cosign', 'attest', ...flags, reference);
        const [question = aLog] = evidence.answers;
        const right = asked(format, { question, predicateType: provenance });
        const { cosign, sealift } = await bench.verdicts(reference, right);
        expect(sealift).toBe('yes');
        // It has the signature stamped, and looks in such timestamps for the envelope.
        if (format === 'legacy' && question !== aLog) expect(cosign).toContain('RFC3161');
        else expect(cosign).toBe('yes');
        await expectOthersRefused(reference, right);
      },
    );
  });

  describe('what cosign makes and attaches later', () => {
    const file = (name: string) => bench.workshop.path('made', name);

    it.concurrent('as a bundle with a signature', async () => {
      const reference = await bench.publish('attached-bundle');
      const made = file('signature.json');
      const flags = [...bench.cosignFlags('bundle', { log: 1 }), '--upload=false', '--bundle', made];
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      await bench.workshop.run('cosign', 'attach', 'signature', '--payload', made, reference);
      expect(await bench.verdicts(reference, asked('bundle'))).toEqual(accepted);
      await expectOthersRefused(reference, asked('bundle'));
    });

    it.concurrent('as a bundle with an attestation', async () => {
      const reference = await bench.publish('attached-attestation');
      const made = file('attestation.json');
      const flags = [...bench.cosignFlags('bundle', { log: 1 }), '--no-upload=true', '--bundle', made];
      await bench.workshop.run('cosign', 'attest', ...stated(), ...flags, reference);
      await bench.workshop.run('cosign', 'attach', 'attestation', '--attestation', made, reference);
      const right = asked('bundle', { predicateType: provenance });
      expect(await bench.verdicts(reference, right)).toEqual(accepted);
      await expectOthersRefused(reference, right);
    });

    it.concurrent('as a legacy signature with its certificate and log entry', async () => {
      const reference = await bench.publish('attached-legacy');
      const payload = file('payload');
      writeFileSync(payload, (await bench.workshop.run('cosign', 'generate', reference)).stdout);
      const [signature, certificate, entry] = [file('signature'), file('certificate'), file('entry')];
      const outputs = [
        '--output-signature',
        signature,
        '--output-certificate',
        certificate,
        '--bundle',
        entry,
      ];
      const flags = bench.cosignFlags('legacy', { log: 1 });
      await bench.workshop.run('cosign', 'sign-blob', ...flags, ...outputs, payload);
      // It writes base64 of the PEM that it reads.
      writeFileSync(certificate, Buffer.from(readFileSync(certificate, 'utf8'), 'base64'));
      const inputs = ['--signature', signature, '--certificate', certificate, '--rekor-response', entry];
      await bench.workshop.run('cosign', 'attach', 'signature', '--payload', payload, ...inputs, reference);
      expect(await bench.verdicts(reference, asked('legacy'))).toEqual(accepted);
      await expectOthersRefused(reference, asked('legacy'));
    });
  });

  describe('what Sealift signs and attests', () => {
    it.concurrent.each(proofsOfTime.map((evidence) => [evidence.title, evidence] as const))(
      'with %s',
      async (title, evidence) => {
        const flags = bench.sealiftFlags(evidence.services);
        const signed = await bench.publish(`sealift-signs-${title}`);
        await bench.workshop.sealiftToSuccess('sign', `oci://${signed}`, ...flags);
        await expectAnswers(bench, signed, asked('bundle'), evidence);

        const attested = await bench.publish(`sealift-attests-${title}`);
        await bench.workshop.sealiftToSuccess('attest', `oci://${attested}`, ...stated(), ...flags);
        const [question = aLog] = evidence.answers;
        const right = asked('bundle', { question, predicateType: provenance });
        expect(await bench.verdicts(attested, right)).toEqual(accepted);
        await expectOthersRefused(attested, right);
      },
    );
  });
});
