import { beforeEach, describe, expect, it } from 'vitest';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { podsBy } from './pods-by.ts';

const idle = new AbortController().signal;

describe('the pods that may say what an object waits for', () => {
  let cluster: FakeCluster;

  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.kinds.add('Pod');
    for (let at = 0; at < 30; at += 1) {
      const metadata = { name: `web-${at}`, namespace: 'shop', labels: { app: 'web' } };
      cluster.put({ apiVersion: 'v1', kind: 'Pod', metadata });
    }
  });

  const read = () => podsBy(cluster)('shop', 'app=web', idle);

  it('are some of them', async () => {
    expect(await read()).toHaveLength(20);
    expect(cluster.requests).toEqual(['sample Pod shop app=web']);
  });

  it('are none where nobody may look', async () => {
    cluster.failing.set('sample *', 'TARGET_FORBIDDEN');
    expect(await read()).toEqual([]);
  });

  it('are none where the kind is not served', async () => {
    cluster.kinds.delete('Pod');
    expect(await read()).toEqual([]);
    expect(cluster.requests).toEqual([]);
  });

  it('are not known where the server does not answer', async () => {
    cluster.failing.set('sample *', 'TARGET_BUSY');
    await expect(read()).rejects.toMatchObject({ code: 'TARGET_BUSY' });
  });
});
