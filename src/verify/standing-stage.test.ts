import { createMemoryStore, OciError, type ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import { desiredState, keyPolicy } from '../../test/fixtures/signed-artifact.ts';
import { good, other, StandingSite, source, trusting } from '../../test/fixtures/standing-site.ts';
import { createKeepingVerifyStage } from './index.ts';

let site: StandingSite;

beforeEach(async () => {
  site = await StandingSite.open();
});

describe('judging again', () => {
  it('asks the registry for what is not kept, and keeps it', async () => {
    await site.sign(good);
    await site.accept();
    await site.sign(other);
    const stage = site.stage();
    expect(await site.judge(trusting(other), stage)).toMatchObject({ kind: 'accepted' });
    site.isDown = true;
    expect(await site.judge(trusting(other))).toMatchObject({ kind: 'accepted' });
  });

  it('asks the registry for everything where nothing is kept', async () => {
    await site.sign(good);
    expect(await site.judge(trusting(good))).toMatchObject({
      kind: 'accepted',
      digest: site.artifact.descriptor.digest,
    });
  });

  it('says that the registry is gone where nothing is kept', async () => {
    site.isDown = true;
    await expect(site.judge(trusting(good))).rejects.toThrow('connection refused');
  });

  it('does not take an answer without content for the artifact', async () => {
    const resolve = async () => ({ kind: 'unchanged', validator: { digest: 'sha256:0' } }) as const;
    site.over = { ...readableStore(site.registry), resolve };
    await expect(site.judge(trusting(good))).rejects.toMatchObject({ code: 'REGISTRY_FAILED' });
  });

  it.each([
    ['is damaged', new OciError('digest-mismatch', 'layout', 'damaged'), 'connection refused'],
    ['fails for a reason of its own', Object.assign(new Error('gone'), { code: 'not-found' }), 'app: gone'],
  ])('does not take a tag that %s for one that is not there', async (_how, fault, message) => {
    await site.sign(good);
    await site.accept();
    const whole = site.local;
    const damaged: ReadStore = {
      ...readableStore(whole),
      resolve: async (reference, options) => {
        if (reference.endsWith('.sig')) throw fault;
        return whole.resolve(reference, options);
      },
    };
    site.local = Object.assign(Object.create(whole), damaged);
    site.isDown = true;
    await expect(site.judge(trusting(good))).rejects.toThrow(message);
  });

  it('refuses by what is kept when the registry is gone', async () => {
    await site.sign(good);
    await site.accept();
    site.isDown = true;
    expect(await site.judge(trusting(other))).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_KEY_UNKNOWN',
    });
  });

  it('refuses what is denied by now, and lets through with a warning what a policy would only rather not', async () => {
    await site.sign(good);
    await site.accept();
    site.isDown = true;
    const stage = site.stage();
    expect(await site.judge(site.denying(), stage)).toMatchObject({ kind: 'refused', code: 'POLICY_DENIED' });
    const warning = keyPolicy('edge/second', [other.publicPem], { mode: 'warn' });
    const both = desiredState(source, keyPolicy('edge/release', [good.publicPem]), warning);
    expect(await site.judge(both, stage)).toMatchObject({
      kind: 'accepted',
      warnings: [{ code: 'SIGNATURE_KEY_UNKNOWN' }],
    });
  });

  it('does not take missing evidence for a refusal while the registry is gone', async () => {
    await site.sign(good);
    await site.local.push(site.artifact.descriptor, site.artifact.content);
    site.isDown = true;
    await expect(site.judge(trusting(good))).rejects.toThrow('connection refused');
  });

  it('does take it for one where the registry has the artifact no more', async () => {
    await site.local.push(site.artifact.descriptor, site.artifact.content);
    site.registry = createMemoryStore();
    expect(await site.judge(trusting(good))).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_MISSING',
    });
  });

  it('asks nobody about a key that cannot be read', async () => {
    await site.sign(good);
    await site.accept();
    site.isDown = true;
    const broken = desiredState(source, keyPolicy('edge/release', ['no key']));
    await expect(site.judge(broken)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });
});

describe('an artifact that a policy denies', () => {
  it('is refused without a look at evidence, at the registry or at what is kept', async () => {
    await site.sign(good);
    await site.accept();
    site.isDown = true;
    site.judged = 0;
    expect(await site.judge(site.denying())).toMatchObject({
      kind: 'refused',
      code: 'POLICY_DENIED',
      refusals: [{ subject: 'VerificationPolicy/edge/release' }],
    });
    expect(site.judged).toBe(0);
    expect(await site.accept(site.denying())).toMatchObject({ kind: 'refused', code: 'POLICY_DENIED' });
  });

  it('is known by its digest alone, to those policies that are about its source and enforced', () => {
    const { denied } = createKeepingVerifyStage(site.ports);
    const { digest } = site.artifact.descriptor;
    expect(denied(source, site.denying(), digest)).toMatchObject({
      kind: 'refused',
      digest,
      code: 'POLICY_DENIED',
    });
    expect(denied(source, site.denying(), `sha256:${'0'.repeat(64)}`)).toBeUndefined();
    const deny = { digests: [digest] };
    for (const more of [{ mode: 'warn' }, { match: { repositories: ['elsewhere.test/**'] } }]) {
      const policy = keyPolicy('edge/release', [good.publicPem], { deny, ...more });
      expect(denied(source, desiredState(source, policy), digest)).toBeUndefined();
    }
  });
});
