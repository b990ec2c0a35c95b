import { describe, expect, it } from 'vitest';
import { listMetadata } from './list-metadata.ts';

const resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, watchable: true };

describe('a list by pages', () => {
  const paths: string[] = [];
  const endless = async ({ path }: { readonly path: string }) => {
    paths.push(path);
    return {
      status: 200,
      headers: {},
      body: { metadata: { resourceVersion: '1', continue: 'on' }, items: [] },
    };
  };

  it('that never ends is given up', async () => {
    const read = async (): Promise<void> => {
      for await (const page of listMetadata(endless, resource, {})) void page;
    };
    await expect(read()).rejects.toThrow('/api/v1/pods: expected a list of at most 100000 pages, got more');
    expect(paths).toHaveLength(100_000);
  });

  it('is read no further than somebody asks, by pages of the size that is wanted', async () => {
    paths.length = 0;
    for await (const { resourceVersion } of listMetadata(endless, resource, {
      namespace: 'shop',
      pageSize: 1,
    })) {
      expect(resourceVersion).toBe('1');
      break;
    }
    expect(paths).toEqual(['/api/v1/namespaces/shop/pods?limit=1']);
  });
});
