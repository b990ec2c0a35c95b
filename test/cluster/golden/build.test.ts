import { expect, it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay(
  'recorded scenario 06a: deliveries that fail',
  { number: '06a', namespace: 'kserr', peers: ['kustomize'] },
  (of) => {
    it('surprise 4: each fails in its own way, and so does a field that nobody knows', async () => {
      const replay = of();
      await replay.push('tree');
      replay.apply('source.yaml');
      replay.apply('kustomizations.yaml');
      await replay.arrives();
    });

    const resource = (name: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: kserr}\n`;

    it('surprise 3: a typo, or a tree without YAML, deletes nothing of what was delivered', async () => {
      const replay = of();
      const typo = 'unknown-field/cm.yaml';
      const good = 'unknown-field/kustomization.yaml';
      const files = { [typo]: resource('kept-at-a-typo') };
      const resources = replay.recording.text(`tree/${good}`).replace('resourcez', 'resources');
      await replay.push('tree', {
        files: { ...files, [good]: resources, 'empty/cm.yaml': resource('kept-when-empty') },
      });
      await replay.poll();
      for (const name of ['unknown-field', 'empty']) await replay.succeeds(name);

      await replay.push('tree', { files });
      await replay.poll();
      for (const name of ['unknown-field', 'empty']) await replay.failsToBuild(name);
      const kept = ['configmap/kept-at-a-typo', 'configmap/kept-when-empty'];
      expect(await replay.kubectl('get', ...kept, '--output=name')).toBe(`${kept.join('\n')}\n`);
    });

    it('goes on when a namespace is added, although the object without one is in the inventory', async () => {
      const replay = of();
      const all = 'no-namespace/all.yaml';
      const placed = replay.recording.text(`tree/${all}`).replace('}', ', namespace: kserr}');
      await replay.push('tree', { files: { [all]: placed } });
      await replay.poll();
      await replay.succeeds('no-namespace');
      const { inventory } = replay.site.delivery('no-namespace', replay.namespace) ?? {};
      expect(inventory?.entries.map(({ id }) => id)).toEqual(['kserr_without-namespace__ConfigMap']);
    });
  },
);

const target = { number: '09', namespace: 'build', also: ['build-target'], peers: ['kustomize'] } as const;

describeReplay('recorded scenario 09: substitution and overlays', target, (of) => {
  it('builds what Flux does, to objects with the same managed fields', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('vars.yaml');
    replay.apply('source.yaml');
    replay.apply('kustomizations.yaml');
    await replay.arrives();
  });
});

const loose = { number: '09b', namespace: 'loose', site: { strictSubstitution: false } };

describeReplay('recorded scenario 09b: variables without a value', loose, (of) => {
  it('are empty where anything is substituted at all, and left alone where nothing is', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('source.yaml');
    replay.apply('kustomizations.yaml', 'with-vars');
    await replay.arrives('with-vars', { only: 'with-vars' });
    // One owner at a time.
    replay.site.remove('Kustomization', 'with-vars');
    await replay.isGone('configmap/loose');
    replay.apply('kustomizations.yaml', 'no-vars');
    await replay.arrives('', { only: 'no-vars' });
  });
});

describeReplay('recorded scenario 09c: values that change', { number: '09c', namespace: 'watched' }, (of) => {
  it('are delivered at once', async () => {
    const replay = of();
    await replay.push('tree');
    replay.apply('red.yaml');
    replay.apply('source.yaml');
    replay.apply('kustomization.yaml');
    await replay.succeeds();
    expect(await replay.kubectl('get', 'configmap/out', '--output=jsonpath={.data.color}')).toBe('red');
    replay.apply('blue.yaml');
    await replay.arrives();
  });
});

describeReplay(
  'recorded scenario 12: encrypted files',
  { number: '12', namespace: 'sops', peers: ['kustomize'] },
  (of) => {
    it('surprise 1: are decrypted with the right key, and never delivered as ciphertext', async () => {
      const replay = of();
      await replay.push('tree');
      replay.apply('secret.yaml');
      replay.apply('source.yaml');
      replay.apply('kustomizations.yaml');
      await replay.arrives();
    });
  },
);
