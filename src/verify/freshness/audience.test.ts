import { describe, expect, it } from 'vitest';
import { at, day, now, revision, Site, signature, unordered } from '../../../test/fixtures/freshness-site.ts';
import { freshnessAnnotations as names } from '../../api/index.ts';
import type { FreshnessRule, JudgedRevision } from './rule.ts';

describe('attack 45: audience of another site', () => {
  const rule: FreshnessRule = { order: 'none', expires: 'required', audience: ['site-17', 'north'] };
  const later = at(now + day);
  const said = (audience: string | undefined): Readonly<Record<string, string>> => ({
    [names.expires]: later,
    ...(audience === undefined ? {} : { [names.audience]: audience }),
  });
  const saying = (
    ofManifest: string | undefined,
    ...ofSignatures: readonly (string | undefined)[]
  ): JudgedRevision =>
    revision('a', {
      annotations: ofManifest === undefined ? {} : { [names.audience]: ofManifest },
      signatures: ofSignatures.map((audience) => signature(said(audience))),
    });

  it.each<[string, JudgedRevision, string]>([
    ['the site is named', saying(undefined, 'site-17'), 'fresh'],
    ['its group is named among others', saying(undefined, 'south, north'), 'fresh'],
    ['the manifest names it', saying('site-17', undefined), 'fresh'],
    ['another site is named', saying(undefined, 'site-18'), 'REVISION_OTHER_AUDIENCE'],
    ['a part of the name is not the name', saying(undefined, 'site-1,site-170'), 'REVISION_OTHER_AUDIENCE'],
    ['nobody is named where somebody has to be', saying(undefined, undefined), 'REVISION_OTHER_AUDIENCE'],
    ['an empty name is nobody', saying(undefined, ','), 'REVISION_OTHER_AUDIENCE'],
    [
      'the manifest is for others, whatever a signature says',
      saying('site-18', 'site-17'),
      'REVISION_OTHER_AUDIENCE',
    ],
    ['one signature of several is for it', saying(undefined, 'site-18', 'site-17'), 'fresh'],
  ])('%s', (_behaviour, given, code) => {
    expect(new Site().see(rule, given)).toEqual([code]);
  });

  it.each([
    ['site-17', 'fresh'],
    ['site-18', 'REVISION_OTHER_AUDIENCE'],
  ])('what nobody has to sign is for whom its manifest names: %s', (audience, code) => {
    const annotations = { [names.audience]: audience, [names.expires]: later };
    expect(new Site().see(rule, revision('a', { annotations, signatures: [] }))).toEqual([code]);
  });

  it('what another site was promised prolongs nothing here', () => {
    const given = revision('a', {
      signatures: [
        signature({ [names.audience]: 'site-17', [names.expires]: at(now - day) }),
        signature({ [names.audience]: 'site-18', [names.expires]: later }),
      ],
    });
    expect(new Site().see(rule, given)).toEqual(['REVISION_EXPIRED']);
  });

  it('a policy without audience takes what is for anybody', () => {
    expect(new Site().see(unordered, saying(undefined, 'site-18'))).toEqual(['fresh']);
  });

  it('a policy without audience asks nobody, whatever the site is called', () => {
    const site = new Site();
    site.name = 'site-17';
    expect(site.see(unordered, saying(undefined, undefined))).toEqual(['fresh']);
  });

  it('the refusal names whom it would have been for: the audience of the policy, and the site by its name', () => {
    const site = new Site();
    const looking = () => site.look(rule, saying(undefined, 'site-18'));
    expect(looking()).toMatchObject({ detail: expect.stringContaining('one of "site-17, north", got') });
    site.name = 'north-3';
    expect(looking()).toMatchObject({
      detail: expect.stringContaining('one of "site-17, north, north-3", got'),
    });
  });

  it('the manifest does not make a signature for another site count here', () => {
    const given = revision('a', {
      annotations: { [names.audience]: 'site-17', [names.expires]: at(now - day) },
      signatures: [signature(), signature(said('site-18'))],
    });
    expect(new Site().see(rule, given)).toEqual(['REVISION_EXPIRED']);
  });
});
