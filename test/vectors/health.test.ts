import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../src/core/index.ts';
import { healthOf } from '../../src/health/index.ts';

const golden = join(import.meta.dirname, '../../../shared/vectors/flux-golden');
const isThere = existsSync(golden);
if (!isThere) stderr.write(`skipped: no ${golden}\n`);

const now = Date.parse('2026-11-23T00:00:00Z');

interface Found {
  readonly file: string;
  readonly object: KubernetesObject;
}

function objectsOf(file: string): readonly Found[] {
  const documents = parseAllDocuments(readFileSync(join(golden, file), 'utf8'));
  const lists = documents.map((document) => document.toJS() as KubernetesObject & { items?: unknown[] });
  return lists
    .filter((list) => list !== null)
    .flatMap((list) => (list.items ?? [list]) as KubernetesObject[])
    .map((object) => ({ file, object }));
}

/** Every object that a real cluster held when the real controllers had done their work. */
function allObjects(): readonly Found[] {
  return globSync('*/objects*.yaml', { cwd: golden }).sort().flatMap(objectsOf);
}

describe.skipIf(!isThere)('objects of a real cluster', () => {
  it('are judged as the real kustomize-controller judged them', () => {
    const judged = allObjects()
      .filter(({ object }) => ['Deployment', 'CustomResourceDefinition'].includes(object.kind))
      .map(({ file, object }) => `${file} ${object.metadata.name} ${healthOf(object, now).status}`);
    expect(judged).toEqual([
      '01-plain-success/objects.yaml web InProgress',
      '01-plain-success/objects.yaml widgets.shop.example.com Current',
      '02-new-revision/objects.yaml web InProgress',
      '06b-immutable/objects.deployment-recreated.yaml web Current',
      '07a-wait/objects.ready.yaml web Current',
      '07a-wait/objects.timeout.yaml web InProgress',
      '07a-wait/objects.yaml web InProgress',
      '07b-health/objects.yaml stuck Failed',
      '07c-wait-cancelled/objects.yaml web InProgress',
      '09-build/objects.yaml pre-web-post Current',
      '10b-ignore-rules/objects.new-image.yaml web Current',
      '10b-ignore-rules/objects.scaled.yaml web Current',
      '10b-ignore-rules/objects.yaml web InProgress',
      '16-cli/objects.yaml web Current',
    ]);
  });

  it('say why in their own words', () => {
    const [stuck] = objectsOf('07b-health/objects.yaml').filter(({ object }) => object.kind === 'Deployment');
    if (stuck === undefined) throw new Error('no Deployment in 07b-health');
    expect(healthOf(stuck.object, now).message).toMatch(
      /^ProgressDeadlineExceeded: ReplicaSet "stuck-[0-9a-f]+" has timed out progressing\.$/,
    );
  });

  it('of no kind are beyond it', () => {
    const all = allObjects();
    expect(all.length).toBeGreaterThan(100);
    const statuses = new Set(all.map(({ object }) => healthOf(object, now).status));
    expect([...statuses].sort()).toEqual(['Current', 'Failed', 'InProgress', 'Terminating']);
  });
});
