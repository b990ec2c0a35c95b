import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosignKeys, cosignSign, emptySigningConfig, signingStyles } from './harness/cosign-styles.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { smallTree, writeTree } from './harness/trees.ts';
import { Workshop } from './harness/workshop.ts';

describeWithPeers('cosign with our registry', ['cosign', 'oras'], () => {
  let workshop: Workshop;
  let registry: LiveRegistry;
  let right: { key: string; pub: string };
  let wrong: { key: string; pub: string };

  async function publish(repository: string): Promise<string> {
    const tree = writeTree(workshop.path('tree'), smallTree);
    const { stdout } = await workshop.runIn(
      tree,
      'oras',
      'push',
      '--plain-http',
      '--format',
      'json',
      `${registry.host}/${repository}:v1`,
      'config.yaml',
    );
    return `${registry.host}/${repository}@${(JSON.parse(stdout) as { readonly digest: string }).digest}`;
  }

  beforeAll(async () => {
    workshop = new Workshop();
    registry = await startOurs(workshop);
    right = await cosignKeys(workshop, 'right');
    wrong = await cosignKeys(workshop, 'wrong');
  });

  afterAll(async () => {
    await registry?.close();
    workshop?.close();
  });

  describe.each(signingStyles)('stores $title', (style) => {
    it('finds it again with the right key, and refuses the wrong one', async () => {
      const reference = await publish(`cosign/${style.title.replaceAll(/\W/g, '-').toLowerCase()}`);
      await cosignSign(workshop, style, { key: right.key, reference });
      const verify = (pub: string) => [
        'verify',
        '--key',
        pub,
        '--insecure-ignore-tlog=true',
        ...style.verify,
        reference,
      ];

      await workshop.run('cosign', ...verify(right.pub));
      expect((await workshop.attempt('cosign', ...verify(wrong.pub))).code).not.toBe(0);
    });
  });

  it('keeps two signatures by two keys', async () => {
    const reference = await publish('cosign/two-keys');
    const [style] = signingStyles;
    if (style === undefined) throw new Error('signing styles: expected at least one');
    for (const { key } of [right, wrong]) await cosignSign(workshop, style, { key, reference });
    for (const { pub } of [right, wrong]) {
      await workshop.run('cosign', 'verify', '--key', pub, '--insecure-ignore-tlog=true', reference);
    }
  });

  it('stores an attestation and verifies it', async () => {
    const reference = await publish('cosign/attested');
    const predicate = `${writeTree(workshop.path('predicate'), { 'p.json': '{"built":"here"}' })}/p.json`;
    const config = await emptySigningConfig(workshop);
    const common = ['--key', right.key, '--type', 'custom', '--yes', '--signing-config', config];
    await workshop.run('cosign', 'attest', ...common, '--predicate', predicate, reference);
    const { stdout } = await workshop.run(
      'cosign',
      'verify-attestation',
      '--key',
      right.pub,
      '--type',
      'custom',
      '--insecure-ignore-tlog=true',
      reference,
    );
    expect(stdout).toContain('payload');
  });
});
