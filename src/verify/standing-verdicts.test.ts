import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleOf,
  desiredState,
  keyPolicy,
  legacyLayer,
  payloadOf,
  pushArtifact,
  pushBundle,
  pushLegacy,
  siteObject,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import {
  good,
  other,
  type Stage,
  StandingSite,
  source,
  trusting,
} from '../../test/fixtures/standing-site.ts';
import type { DesiredState } from '../api/index.ts';

let site: StandingSite;

beforeEach(async () => {
  site = await StandingSite.open();
});

describe('attack 39: a verdict kept for one thing is found for another', () => {
  async function acceptedTwice(): Promise<Stage> {
    await site.sign(good);
    await site.accept();
    site.isDown = true;
    const stage = site.stage();
    site.judged = 0;
    expect(await site.judge(trusting(good), stage)).toMatchObject({ kind: 'accepted' });
    expect(await site.judge(trusting(good), stage)).toMatchObject({ kind: 'accepted' });
    expect(site.judged).toBe(1);
    return stage;
  }

  it('not under another key of the same policy', async () => {
    expect(await site.judge(trusting(other), await acceptedTwice())).toMatchObject({ kind: 'refused' });
  });

  it('not where another policy matches as well', async () => {
    const both = desiredState(
      source,
      keyPolicy('edge/release', [good.publicPem]),
      keyPolicy('edge/second', [other.publicPem]),
    );
    expect(await site.judge(both, await acceptedTwice())).toMatchObject({ kind: 'refused' });
  });

  it('not where the key in a Secret is another one', async () => {
    const named = (pem: string): DesiredState =>
      desiredState(
        source,
        siteObject('Secret', 'edge/keys', { stringData: { 'cosign.pub': pem } }),
        siteObject('VerificationPolicy', 'edge/release', {
          spec: {
            match: { repositories: ['**'] },
            authorities: [{ name: 'key', key: { secretRef: { name: 'keys' } } }],
          },
        }),
      );
    await site.sign(good);
    await site.accept(named(good.publicPem));
    site.isDown = true;
    const stage = site.stage();
    expect(await site.judge(named(good.publicPem), stage)).toMatchObject({ kind: 'accepted' });
    expect(await site.judge(named(other.publicPem), stage)).toMatchObject({ kind: 'refused' });
  });

  it('not for another artifact, although its evidence is the same', async () => {
    const stage = await acceptedTwice();
    const evil = await pushArtifact(site.local, 'evil');
    await pushBundle(
      site.local,
      evil.descriptor,
      bundleOf(good, statementOf(site.artifact.descriptor.digest)),
    );
    expect(await site.judge(trusting(good), stage, evil.descriptor)).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_DIGEST',
    });
  });

  it('not for another artifact that shares a legacy signature under its tag', async () => {
    const evidence = [legacyLayer(good, payloadOf(site.artifact.descriptor.digest))];
    const signature = await pushLegacy(site.registry, site.artifact.descriptor, evidence);
    await site.accept();
    site.isDown = true;
    const stage = site.stage();
    await site.judge(trusting(good), stage);
    const evil = await pushArtifact(site.local, 'evil');
    await site.local.tag(signature.descriptor, `${evil.descriptor.digest.replace(':', '-')}.sig`);
    expect(await site.judge(trusting(good), stage, evil.descriptor)).toMatchObject({ kind: 'refused' });
  });

  it('not under another trusted root of a policy', async () => {
    const authorities = [
      { name: 'key', key: { data: good.publicPem } },
      { name: 'ci', keyless: { identities: [{ issuer: 'https://ci.test', subject: 'me' }] } },
    ];
    const desired = desiredState(source, keyPolicy('edge/release', [], { authorities }));
    await site.sign(good);
    await site.accept(desired);
    site.isDown = true;
    const stage = site.stage();
    site.judged = 0;
    await site.judge(desired, stage);
    site.rootId = 'sha256:another';
    expect(await site.judge(desired, stage)).toMatchObject({ kind: 'accepted' });
    expect(site.judged).toBe(2);
    // Exchanged while it is judged: the verdict is kept for neither.
    site.rootId = 'sha256:third';
    site.duringJudgement = () => {
      site.rootId = 'sha256:fourth';
    };
    await site.judge(desired, stage);
    site.duringJudgement = () => {};
    for (const id of ['sha256:third', 'sha256:fourth']) {
      site.rootId = id;
      await site.judge(desired, stage);
    }
    expect(site.judged).toBe(5);
  });

  it('not by other evidence', async () => {
    const stage = await acceptedTwice();
    for await (const referrer of site.local.referrers(site.artifact.descriptor))
      await site.local.delete(referrer);
    await expect(site.judge(trusting(good), stage)).rejects.toThrow('connection refused');
  });

  it('not by other evidence under a tag', async () => {
    const evidence = [legacyLayer(good, payloadOf(site.artifact.descriptor.digest))];
    const signature = await pushLegacy(site.registry, site.artifact.descriptor, evidence);
    await site.accept();
    site.isDown = true;
    const stage = site.stage();
    expect(await site.judge(trusting(good), stage)).toMatchObject({ kind: 'accepted' });
    await site.local.delete(signature.descriptor);
    await expect(site.judge(trusting(good), stage)).rejects.toThrow('connection refused');
  });

  it.each([
    ['after it has ended', 2_000],
    ['at a time before it was made, on a clock that was set back', 999],
  ])('not %s', async (_, at) => {
    site.validUntil = 2_000;
    const stage = await acceptedTwice();
    site.now = at;
    await site.judge(trusting(good), stage);
    expect(site.judged).toBe(2);
  });

  it('and no refusal is kept, although the list of evidence is the same: what could not be read may come back', async () => {
    const { content } = await site.sign(good);
    await site.accept();
    site.isDown = true;
    const [layer] = JSON.parse(Buffer.from(content).toString()).layers;
    await site.local.delete(layer);
    const stage = site.stage();
    expect(await site.judge(trusting(good), stage)).toMatchObject({ kind: 'refused' });
    await site.local.push(layer, site.registry.fetch(layer));
    expect(await site.judge(trusting(good), stage)).toMatchObject({ kind: 'accepted' });
  });

  it('and no refusal is kept, since evidence may come', async () => {
    await site.sign(good);
    await site.accept();
    const stage = site.stage();
    expect(await site.judge(trusting(other), stage)).toMatchObject({ kind: 'refused' });
    await site.sign(other, site.local);
    expect(await site.judge(trusting(other), stage)).toMatchObject({ kind: 'accepted' });
  });
});
