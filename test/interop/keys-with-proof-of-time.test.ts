import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeyFiles, keyKinds, makeKeys } from './harness/cosign-key-kinds.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { expectAnswers } from './harness/expect-answers.ts';
import { type Asked, KeylessBench } from './harness/keyless-bench.ts';
import { aLogAndATimestamp, evidenceOfKeys, type Format, proofsOfTime } from './harness/proofs-of-time.ts';

describeWithPeers('signatures by key that a log and a timestamp authority have seen', ['cosign'], () => {
  let bench: KeylessBench;
  const keys = new Map<string, KeyFiles>();

  beforeAll(async () => {
    bench = await KeylessBench.start();
    for (const kind of keyKinds) keys.set(kind.title, await makeKeys(bench.workshop, kind));
  });
  afterAll(() => bench?.close());

  function signerBy(kind: string): { readonly keys: KeyFiles } {
    const found = keys.get(kind);
    if (found === undefined) throw new Error(`${kind}: expected keys, got none`);
    return { keys: found };
  }

  const asked = (format: Format, more: Partial<Asked> = {}): Asked => ({
    signer: signerBy('p256'),
    root: bench.sigstore,
    question: aLogAndATimestamp,
    format,
    ...more,
  });

  describe('what cosign signs', () => {
    it.concurrent.each(evidenceOfKeys)('as %s with %s', async (format, title, evidence) => {
      const reference = await bench.publish(`cosign-signs-${format}-${title}`);
      const flags = bench.cosignFlags(format, evidence.services, signerBy('p256'));
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      await expectAnswers(bench, reference, asked(format), evidence);
    });

    // It makes no entry of Rekor v1 for a key whose signature it does not verify.
    const logged = keyKinds.flatMap((kind) =>
      (kind.cosignVerifies ? ([1, 2] as const) : ([2] as const)).map(
        (log) => [kind.title, log, kind] as const,
      ),
    );
    it.concurrent.each(logged)('with %s and Rekor v%i', async (title, log, kind) => {
      const reference = await bench.publish(`cosign-signs-${title}-${log}`);
      const signer = signerBy(title);
      const flags = bench.cosignFlags('bundle', { log, timestamp: true }, signer);
      await bench.workshop.run('cosign', 'sign', ...flags, reference);
      const right = asked('bundle', { signer });
      const { cosign, sealift } = await bench.verdicts(reference, right);
      expect(sealift).toBe('yes');
      expect(cosign === 'yes', cosign).toBe(kind.cosignVerifies);
      const elsewhere = await bench.verdicts(reference, { ...right, root: bench.otherSigstore });
      expect(elsewhere.sealift).toMatch(/(LOG_ENTRY|TIMESTAMP)_INVALID/);
      expect(elsewhere.cosign).not.toBe('yes');
    });
  });

  describe('what Sealift signs', () => {
    const byV1 = proofsOfTime.filter(({ services }) => services.log !== 2);
    it.concurrent.each(byV1.map((evidence) => [evidence.title, evidence] as const))(
      'with %s',
      async (title, evidence) => {
        const reference = await bench.publish(`sealift-signs-${title}`);
        const flags = bench.sealiftFlags(evidence.services, signerBy('p256'));
        await bench.workshop.sealiftToSuccess('sign', `oci://${reference}`, ...flags);
        await expectAnswers(bench, reference, asked('bundle'), evidence);
      },
    );
  });
});
