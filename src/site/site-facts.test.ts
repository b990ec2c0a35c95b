import { describe, expect, it } from 'vitest';
import { readSiteFacts } from './index.ts';

const file = {
  path: 'facts.yaml',
  text: 'name: harbour-17\nregion: north\nlabels: {tier: gold, example.com/rack: "3"}\n',
};

describe('the facts of a site', () => {
  it('become variables', () => {
    expect(readSiteFacts({ file, facts: [] })).toEqual({
      name: 'harbour-17',
      variables: {
        SITE_NAME: 'harbour-17',
        SITE_REGION: 'north',
        SITE_LABEL_tier: 'gold',
        SITE_LABEL_example_com_rack: '3',
      },
    });
  });

  it('are none where none are given', () => {
    expect(readSiteFacts({ facts: [] })).toEqual({ variables: {} });
  });

  it('of the command line win over the file, and the name of the site over all', () => {
    const facts = ['name=a', 'region=a=b', 'label.tier=iron'];
    expect(readSiteFacts({ file, facts }).variables).toMatchObject({
      SITE_NAME: 'a',
      SITE_REGION: 'a=b',
      SITE_LABEL_tier: 'iron',
      SITE_LABEL_example_com_rack: '3',
    });
    expect(readSiteFacts({ file, facts, name: 'b' })).toMatchObject({
      name: 'b',
      variables: { SITE_NAME: 'b' },
    });
  });

  it.each([
    ['an unknown fact', ['colour=red'], 'expected name=VALUE, region=VALUE or label.KEY=VALUE'],
    ['a fact without a value', ['region'], 'expected name=VALUE'],
    ['an empty fact', ['region='], 'region: '],
    ['a fact of several lines', ['region=a\nb'], 'region: expected no control character'],
    [
      'two labels of one variable',
      ['label.a-b=1', 'label.a.b=2'],
      'the labels a-b and a.b are both SITE_LABEL_a_b',
    ],
    ['a long fact', [`region=${'a'.repeat(254)}`], 'region: '],
    [
      'many labels',
      Array.from({ length: 65 }, (_, index) => `label.l${index}=1`),
      'expected at most 64 labels, got 65',
    ],
  ])('are refused: %s', (_what, facts, message) => {
    expect(() => readSiteFacts({ facts })).toThrow(message);
  });

  it.each([
    ['other fields', 'names: x', 'facts.yaml: '],
    ['a number', 'name: 7', 'facts.yaml: name: '],
    ['no YAML', 'a: [', 'facts.yaml: is not YAML'],
    ['a list', '[a]', 'facts.yaml: '],
  ])('are refused in a file with %s', (_what, text, message) => {
    expect(() => readSiteFacts({ file: { path: 'facts.yaml', text }, facts: [] })).toThrow(message);
  });
});
