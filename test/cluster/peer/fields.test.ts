import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers } from '../../interop/harness/describe-with-peers.ts';
import { clusterPrograms } from '../harness/cluster-programs.ts';
import { sharedCluster } from '../harness/shared-cluster.ts';
import { annotationsOfObjects } from './cases/annotations-of-objects.ts';
import { applyFields } from './cases/apply-fields.ts';
import { asPeopleWrite } from './cases/as-people-write.ts';
import { buildFields } from './cases/build-fields.ts';
import { healthFields } from './cases/health-fields.ts';
import { identityFields } from './cases/identity-fields.ts';
import { ignoreFields } from './cases/ignore-fields.ts';
import { kinds } from './cases/kinds.ts';
import { namespace } from './cases/objects.ts';
import { otherHands } from './cases/other-hands.ts';
import { valueFields } from './cases/value-fields.ts';
import { fieldsNotCompared, knownFields, type Schema, setFields } from './field-paths.ts';
import { FieldRun } from './field-run.ts';
import { deliveriesOf } from './flux-objects.ts';

const cases = [
  ...buildFields,
  ...valueFields,
  ...kinds,
  ...applyFields,
  ...ignoreFields,
  ...identityFields,
  ...healthFields,
  ...annotationsOfObjects,
  ...otherHands,
  ...asPeopleWrite,
];

const definition =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kustomizations.kustomize.toolkit.fluxcd.io';

describeWithPeers(
  'each field of a Kustomization, delivered by the real controller and by Sealift',
  [...clusterPrograms, 'kustomize', 'kustomize-controller'],
  () => {
    let run: FieldRun;

    beforeAll(async () => {
      const cluster = sharedCluster();
      const admin = cluster.user('admin');
      for (const name of [namespace, `${namespace}-other`]) await admin.kubectl('create', 'namespace', name);
      const user = await cluster.createUser(namespace, 'cluster-admin');
      run = await FieldRun.open(cluster, namespace, cases);
      await run.deliverThere(cluster.user('kustomize-controller'));
      await run.deliverHere(user);
    });

    afterAll(async () => {
      await run?.close();
      const namespaces = [`namespace/${namespace}`, `namespace/${namespace}-other`];
      await sharedCluster()
        .user('admin')
        .tryKubectl('delete', '--wait=false', '--ignore-not-found', ...namespaces);
    });

    it.each(cases)('$name', async ({ name }) => {
      await expect(run.went(name)).resolves.toBeUndefined();
    });

    it('has a case for every field that the definition knows', async () => {
      const { body } = await sharedCluster().user('admin').ask(definition);
      const { spec } = body as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } };
      const schema = spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {};
      const covered = new Set(
        cases
          .flatMap((one) => deliveriesOf(one, namespace))
          .flatMap((object) => setFields(object['spec'], 'spec')),
      );
      const left = fieldsNotCompared();
      const missing = knownFields(schema, 'spec').filter(
        (field) => !covered.has(field) && !left.some((one) => field.startsWith(one)),
      );
      expect(missing).toEqual([]);
      expect(left.filter((field) => covered.has(field))).toEqual([]);
    });

    it('differs in every state of which the page says so', () => {
      expect(run.page.gone()).toEqual([]);
    });
  },
);
