import type { Descriptor } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import {
  bundleOf,
  bundleType,
  desiredState,
  keyPolicy,
  ociSource,
  pushBundle,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { SignedRoom, signer } from '../../test/fixtures/signed-room.ts';
import { explainVerdict } from './index.ts';

const policyWith = (spec: Record<string, unknown>) =>
  desiredState(keyPolicy('release', [signer.publicPem], spec));

/** Who says to be a signature is looked at before who says nothing; the others go by their digests, which are new each time. */
const lookedAtFirst = {
  annotations: { 'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1' },
};

/** What the signatures that a verdict counts state, of several by one signer in this order. */
async function counted(
  freshness: Record<string, unknown>,
  ...stated: readonly Record<string, string>[]
): Promise<unknown> {
  const room = await SignedRoom.open();
  const [algorithm = '', hex = ''] = room.digest.split(':');
  const listed: Descriptor[] = [];
  for (const annotations of stated) {
    const subject = [{ digest: { [algorithm]: hex }, annotations }];
    const bundle = bundleOf(signer, statementOf(room.digest, { subject }));
    const { descriptor } = await pushBundle(room.store, room.artifact.descriptor, bundle);
    listed.push({ ...descriptor, artifactType: bundleType, ...(listed.length === 0 ? lookedAtFirst : {}) });
  }
  const repository = room.listing(...listed);
  const verdict = await room.verdict({ repository, desired: policyWith({ freshness }) });
  return verdict.kind === 'accepted' ? verdict.signers.map(({ annotations }) => annotations) : verdict;
}

const ended = { 'dev.sealift.expires': '2026-05-01T00:00:00Z' };
const prolonged = { 'dev.sealift.expires': '2026-07-01T00:00:00Z' };

describe('beyond the first signature that suffices', () => {
  it('none is looked at where nobody asks how fresh an artifact is, and the first states nothing', async () => {
    expect(await counted({}, {}, prolonged)).toEqual([{}]);
  });

  it('each is looked at where the first states something: another may state it anew', async () => {
    expect(await counted({}, ended, prolonged)).toEqual([ended, prolonged]);
  });

  it.each([
    ['an order', { order: 'sequence' }],
    ['an end', { expires: 'required' }],
    ['an age', { maxAge: '720h' }],
    ['an audience', { audience: ['site-17'] }],
  ])('each is looked at where a policy asks for %s: any of them may tell', async (_what, freshness) => {
    expect(await counted(freshness, {}, prolonged)).toEqual([{}, prolonged]);
  });
});

it('an artifact that is denied is explained with all that was found of it', async () => {
  const room = await SignedRoom.open();
  await room.put('sigstore bundle');
  await room.put('legacy tag');
  const { descriptor: manifest, content } = room.artifact;
  const { verdict, report } = await explainVerdict(
    { openRepository: () => room.store },
    {
      source: ociSource(),
      desired: policyWith({ deny: { digests: [manifest.digest] } }),
      resolved: { revision: `v1@${manifest.digest}`, manifest, content },
    },
    new AbortController().signal,
  );
  expect(verdict).toMatchObject({ kind: 'refused', code: 'POLICY_DENIED' });
  expect(report?.found).toHaveLength(2);
});
