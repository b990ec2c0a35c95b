import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/core/index.ts';
import { isSurelyValid } from '../../src/target/kubernetes/trial/surely-valid.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

const plurals: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  ServiceAccount: 'serviceaccounts',
  Namespace: 'namespaces',
};

/** Letters, and all that may stand between them or only seems to. */
const edge = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abz09AZ-._/ ='), minLength: 0, maxLength: 6 }),
  fc.constantFrom(...[63, 64, 253, 254].map((length) => 'x'.repeat(length)), 'a.'.repeat(126)),
);
const plain = fc.constantFrom('a', 'a.b', 'a-b', 'app.kubernetes.io/name');
/** Mostly as it should be. */
const word = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: edge });
const key = fc.oneof(
  word,
  fc.tuple(edge, edge).map((both) => both.join('/')),
);
const anyText = fc.oneof(word, fc.constantFrom('', 'eA==', '\u0000', 'ü', '😀', 'x'.repeat(1_000)));
const base64 = fc.constantFrom('eA==', 'eHg=', 'eHh4', 'eHg', '=', '');
const map = (values: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string> | undefined> =>
  fc.option(fc.dictionary(key, values, { maxKeys: 2 }), { nil: undefined });
const flag = fc.constantFrom(undefined, true, false);

const contents: Readonly<Record<string, fc.Arbitrary<object>>> = {
  ConfigMap: fc.record({ data: map(anyText), binaryData: map(base64), immutable: flag }),
  Secret: fc.record({ data: map(base64), immutable: flag, type: fc.constantFrom(undefined, 'Opaque') }),
  ServiceAccount: fc.record({ automountServiceAccountToken: flag }),
  Namespace: fc.constant({}),
};

function objectsOf(namespace: string): fc.Arbitrary<KubernetesObject> {
  const metadata = fc.record({
    name: fc.oneof(fc.constant('one'), edge),
    labels: map(word),
    annotations: map(anyText),
  });
  return fc.constantFrom(...Object.keys(contents)).chain((kind) =>
    fc.tuple(metadata, contents[kind] ?? fc.constant({})).map(([some, rest]) => {
      const place = kind === 'Namespace' ? {} : { namespace };
      const whole = { apiVersion: 'v1', kind, metadata: { ...some, ...place }, ...rest };
      return JSON.parse(JSON.stringify(whole)) as KubernetesObject;
    }),
  );
}

describeWithPeers('what is taken for valid without asking', clusterPrograms, () => {
  it('a real API server takes, too', { timeout: 300_000 }, async () => {
    const cluster = sharedCluster();
    const admin = cluster.user('admin');
    const namespace = await cluster.createNamespace('valid');
    const drawn = fc.sample(objectsOf(namespace), 10_000).filter((object) => isSurelyValid(object, true));
    expect(drawn.length).toBeGreaterThan(500);
    for (const object of drawn.slice(0, 1_000)) {
      const { kind, metadata } = object;
      const place = kind === 'Namespace' ? '' : `/namespaces/${namespace}`;
      const path = `/api/v1${place}/${plurals[kind]}?dryRun=All&fieldValidation=Strict`;
      const answer = await admin.ask(path, { method: 'POST', body: object });
      // A namespace and an account of that name may be there.
      const isThere = answer.status === 409;
      expect([isThere ? 201 : answer.status, kind, metadata], JSON.stringify(answer.body)).toEqual([
        201,
        kind,
        metadata,
      ]);
    }
  });
});
