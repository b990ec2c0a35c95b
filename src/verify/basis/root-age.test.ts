import { beforeEach, describe, expect, it } from 'vitest';
import { desiredState, keyPolicy } from '../../../test/fixtures/signed-artifact.ts';
import { good, other, StandingSite, source } from '../../../test/fixtures/standing-site.ts';

let site: StandingSite;

beforeEach(async () => {
  site = await StandingSite.open();
});

describe('a trusted root that nobody has renewed for long', () => {
  const day = 24 * 60 * 60_000;
  const authorities = [
    { name: 'key', key: { data: good.publicPem } },
    { name: 'ci', keyless: { identities: [{ issuer: 'https://ci.test', subject: 'me' }] } },
  ];
  const desired = desiredState(source, keyPolicy('edge/release', [], { authorities }));

  beforeEach(async () => {
    await site.sign(good);
    site.rootSince = 0;
  });

  it.each([
    ['is warned of from the day on that it is old', 180 * day, { warnings: [{ code: 'TRUST_OLD' }] }],
    ['is judged again on that day', 180 * day - 1, { warnings: [], validUntil: 180 * day }],
  ])('%s', async (_, at, expected) => {
    site.now = at;
    expect(await site.accept(desired)).toMatchObject(expected);
    expect(await site.judge(desired)).toMatchObject(expected);
  });

  it('is none of the business of what is refused', async () => {
    site.now = 365 * day;
    const strangers = [{ name: 'key', key: { data: other.publicPem } }, ...authorities.slice(1)];
    const refusing = desiredState(source, keyPolicy('edge/release', [], { authorities: strangers }));
    expect(await site.accept(refusing)).toMatchObject({ kind: 'refused', code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  it('counts beside one of which nobody knows how old it is', async () => {
    const keyless = {
      identities: [{ issuer: 'https://ci.test', subject: 'me' }],
      trustedRoot: { name: 'ours' },
    };
    const both = [...authorities, { name: 'ours', keyless }];
    const desired = desiredState(source, keyPolicy('edge/release', [], { authorities: both }));
    const rootSince = (name: string) => (name === 'ours' ? undefined : 0);
    expect(await site.accept(desired, { ...site.ports, rootSince })).toMatchObject({
      warnings: [],
      validUntil: 180 * day,
    });
  });

  it('is none of the business of sources whose policies rest on keys alone', async () => {
    site.now = 365 * day;
    expect(await site.accept()).toMatchObject({ kind: 'accepted', warnings: [] });
  });

  it('does not hide an end that comes earlier', async () => {
    site.validUntil = 5_000;
    expect(await site.accept(desired)).toMatchObject({ validUntil: 5_000 });
  });
});
