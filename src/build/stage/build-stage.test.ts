import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, type Files } from '../../../test/fixtures/build-site.ts';
import { formatRef, refOf } from '../../core/index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

/** Whose place in the order hangs on the group too; all others here are of the core. */
const apiVersions: Readonly<Record<string, string>> = {
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
};

function object(kind: string, name: string, more = ''): string {
  return `apiVersion: ${apiVersions[kind] ?? 'v1'}\nkind: ${kind}\nmetadata: {name: ${name}}\n${more}---\n`;
}

describe('an empty build', () => {
  it.each([
    ['no files', {}, 'no YAML files there'],
    ['no YAML', { 'README.md': 'hello' }, 'no YAML files there'],
    ['comments only', { 'a.yaml': '# nothing\n' }, 'a.yaml holds none'],
    ['an empty list', { 'a.yaml': '{apiVersion: v1, kind: List, items: []}' }, 'a.yaml holds none'],
    ['empty files', { 'a.yaml': '', 'b/c.yml': '' }, 'a.yaml and 1 more files hold none'],
  ])('is refused: %s', async (_what, files: Files, looked) => {
    const error = await site.failure(files);
    expect(error.code).toBe('BUILD_EMPTY');
    expect(error.message).toBe(`Kustomization/shop/app: ./ of v1@sha256:00 yields no objects: ${looked}`);
  });

  it('is let through where the delivery says so', async () => {
    const { objects } = await site.build({}, { annotations: { 'sealift.dev/allow-empty': 'true' } });
    expect(objects).toEqual([]);
  });

  it('is refused where the delivery says anything else', async () => {
    const error = await site.failure({}, { annotations: { 'sealift.dev/allow-empty': 'yes' } });
    expect(error.code).toBe('BUILD_EMPTY');
  });
});

describe('the order of objects', () => {
  it('is the apply order of kustomize-controller, ties by group, kind, namespace and name', async () => {
    const kinds = [
      'ValidatingWebhookConfiguration',
      'MutatingWebhookConfiguration',
      'Zebra',
      'Ant',
      'PodDisruptionBudget',
      'CronJob',
      'StatefulSet',
      'Deployment',
      'LimitRange',
      'Service',
      'Secret',
      'ConfigMap',
      'RoleBinding',
      'Role',
      'ServiceAccount',
      'ResourceQuota',
      'ClusterRoleBinding',
      'StorageClass',
      'CustomClass',
      'PriorityClass',
      'ClusterRole',
      'Namespace',
      'CustomResourceDefinition',
    ];
    const ants = ['b, namespace: x', 'a, namespace: y', 'a, namespace: x'].map((name) => object('Ant', name));
    const grouped = '{apiVersion: a.example/v1, kind: Zebra, metadata: {name: z}}\n';
    const text = kinds.map((kind) => object(kind, 'o')).join('') + ants.join('') + grouped;
    const { objects } = await site.build({ 'a.yaml': text });
    expect(objects.map((one) => formatRef(refOf(one)))).toEqual([
      'CustomResourceDefinition/o',
      'Namespace/o',
      'ClusterRole/o',
      'PriorityClass/o',
      'StorageClass/o',
      'CustomClass/o',
      'ClusterRoleBinding/o',
      'ResourceQuota/o',
      'ServiceAccount/o',
      'Role/o',
      'RoleBinding/o',
      'ConfigMap/o',
      'Secret/o',
      'Service/o',
      'LimitRange/o',
      'Deployment/o',
      'StatefulSet/o',
      'CronJob/o',
      'PodDisruptionBudget/o',
      'Ant/o',
      'Ant/x/a',
      'Ant/x/b',
      'Ant/y/a',
      'Zebra/o',
      'Zebra/z',
      'MutatingWebhookConfiguration/o',
      'ValidatingWebhookConfiguration/o',
    ]);
  });
});

describe('commonMetadata', () => {
  it('is put on every object and wins over what is there', async () => {
    const { objects } = await site.build(
      {
        'a.yaml': `${object('Ant', 'a')}{apiVersion: v1, kind: Ant, metadata: {name: b, labels: {team: red, own: x}, annotations: {own: y}}}`,
      },
      { spec: { commonMetadata: { labels: { team: 'blue' }, annotations: { note: '${not.replaced}' } } } },
    );
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: 'a', labels: { team: 'blue' }, annotations: { note: '${not.replaced}' } },
      { name: 'b', labels: { team: 'blue', own: 'x' }, annotations: { own: 'y', note: '${not.replaced}' } },
    ]);
  });

  it('adds no empty maps', async () => {
    const { objects } = await site.build(
      { 'a.yaml': object('Ant', 'a') },
      { spec: { commonMetadata: { labels: { a: 'b' } } } },
    );
    expect(objects[0]?.metadata).toEqual({ name: 'a', labels: { a: 'b' } });
  });
});

describe('encrypted objects', () => {
  const cipher = 'ENC[AES256_GCM,data:mHeX,iv:vUMp,tag:Irom,type:str]';
  const inData = Buffer.from(`{"mac": "${cipher}"}`).toString('base64');
  const dotenv = `a=${cipher}\nsops_mac=${cipher}\n`;

  it.each([
    ['a sops field', object('Secret', 's', 'sops: {mac: x}\n'), 'Secret/s: is encrypted with SOPS'],
    ['a sops field in another kind', object('Ant', 's', 'sops: {mac: x}\n'), 'Ant/s: is encrypted with SOPS'],
    [
      'an encrypted string',
      object('Secret', 's', `stringData: {key: "${cipher}"}\n`),
      'Secret/s: the value of key',
    ],
    ['encrypted data', object('Secret', 's', `data: {key: ${inData}}\n`), 'Secret/s: the value of key'],
    [
      'a value in a ConfigMap',
      object('ConfigMap', 's', `data: {key: "${cipher}"}\n`),
      'ConfigMap/s: the value at /data/key is encrypted',
    ],
    [
      'a file in a ConfigMap',
      object('ConfigMap', 's', `data: {key: ${JSON.stringify(dotenv)}}\n`),
      'ConfigMap/s: the value of key',
    ],
    [
      'a value in any kind',
      object('Ant', 's', `spec: {deep: [{key: "${cipher}"}]}\n`),
      'Ant/s: the value at /spec/deep/0/key is encrypted',
    ],
    [
      'a value beside a number beyond 2^53',
      object('Ant', 's', `spec: {size: 9007199254740993, key: "${cipher}"}\n`),
      'Ant/s: the value at /spec/key is encrypted',
    ],
  ])('are refused: %s', async (_what, text, message) => {
    const error = await site.failure({ 'a.yaml': text });
    expect(error.code).toBe('OBJECT_ENCRYPTED');
    expect(error.message).toContain(message);
    expect(error.next).toContain('Set `spec.decryption` of the Kustomization');
  });

  it('are refused where the delivery decrypts, but nothing says by which keys', async () => {
    const text = object('Secret', 's', `stringData: {key: "${cipher}"}\n`);
    const error = await site.failure({ 'a.yaml': text }, { spec: { decryption: { provider: 'sops' } } });
    expect(error.code).toBe('OBJECT_ENCRYPTED');
    expect(error.next).toContain('--sops-age-key-file');
  });

  it('are delivered where they ask for it', async () => {
    const metadata = 'metadata: {name: s, annotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}}';
    const text = `{apiVersion: v1, kind: Secret, ${metadata}, stringData: {key: "${cipher}"}, sops: {mac: x}}`;
    expect((await site.build({ 'a.yaml': text })).objects).toMatchObject([{ stringData: { key: cipher } }]);
  });

  it('are told from text that speaks of encryption', async () => {
    const text =
      object('ConfigMap', 's', `data: {key: "values look like ${cipher}"}\n`) +
      object('Secret', 's', 'stringData: {key: "ENC["}\n');
    expect((await site.build({ 'a.yaml': text })).objects).toHaveLength(2);
  });
});

it('stops when it is told to', async () => {
  const reason = new Error('enough');
  const stopped = site.build({ 'a.yaml': object('Ant', 'a') }, { signal: AbortSignal.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
});
