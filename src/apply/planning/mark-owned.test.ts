import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { them, us } from '../../../test/fixtures/plan-one.ts';
import { markOwned } from '../index.ts';

const ourLabels = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
};

describe('markOwned', () => {
  it('adds the owner labels to an object without labels', () => {
    expect(markOwned([configMap('one')], us)[0]?.metadata.labels).toEqual(ourLabels);
  });

  it('overrides the owner labels that an artifact brings', () => {
    expect(markOwned([configMap('one', { owner: them })], us)[0]?.metadata.labels).toEqual(ourLabels);
  });

  it('leaves all else and the given objects as they are', () => {
    const plain = configMap('one');
    const [marked] = markOwned([plain], us);
    expect(marked).toEqual({ ...plain, metadata: { ...plain.metadata, labels: ourLabels } });
    expect(plain).toEqual(configMap('one'));
  });
});
