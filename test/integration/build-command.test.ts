import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ageKey, secretYamlFile } from '../fixtures/sops-files.ts';
import { CommandBench } from './harness/command-bench.ts';

const app = `apiVersion: v1
kind: ConfigMap
metadata: {name: front, namespace: shop}
data: {greeting: "Hello from \${site}"}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`;

const delivery = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: edge}
spec:
  interval: 10m
  prune: true
  path: ./deploy
  sourceRef: {kind: OCIRepository, name: app}
  postBuild:
    substitute: {site: spec}
    substituteFrom: [{kind: ConfigMap, name: values}]
`;

const values =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: edge}\ndata: {site: map}\n';

const printed = (site: string): string => `apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: front
  namespace: shop
data:
  greeting: Hello from ${site}
`;

let bench: CommandBench;
beforeAll(async () => {
  bench = await CommandBench.start();
  await bench.write('tree/deploy/app.yaml', app);
  await bench.write('app.yaml', delivery);
  await bench.write('values.yaml', values);
});
afterAll(() => bench.close());

describe('sealift build of a directory', () => {
  it('prints the objects in apply order, as the Kustomization and the values beside it make them', async () => {
    const files = ['-f', bench.path('app.yaml'), '-f', bench.path('values.yaml')];
    expect(await bench.succeed('build', bench.path('tree'), ...files)).toBe(printed('spec'));
    expect(await bench.succeed('build', bench.path('tree'), ...files, '--var', 'site=here')).toBe(
      printed('here'),
    );
  });

  it('needs no Kustomization, and says where each object comes from', async () => {
    const out = await bench.succeed('build', bench.path('tree'), '--explain', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject([
      { from: 'deploy/app.yaml:6 (document 2)', object: { kind: 'Namespace' } },
      { from: 'deploy/app.yaml:1 (document 1)', object: { data: { greeting: 'Hello from ${site}' } } },
    ]);
  });

  it('refuses a variable that has neither value nor default, and lets it pass with a warning when told to', async () => {
    const args = ['build', 'tree', '--var', 'other=x'];
    for (const strict of [[], ['--strict-substitute']]) {
      const refused = await bench.run([...args, ...strict]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('variable "site" is not set');
    }
    const passed = await bench.run([...args, '--no-strict-substitute']);
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain('greeting: "Hello from "');
    expect(passed.stderr).toMatch(
      /^warning: variable "site" is not set and has no default, it left nothing$/m,
    );
  });

  it.each([
    ['a directory that is not there', ['nowhere'], 2, 'FILE_NOT_FOUND'],
    ['a path that is not there', ['tree', '--path', 'nowhere'], 1, 'BUILD_PATH_NOT_FOUND'],
    ['a variable without a value', ['tree', '--var', 'x'], 2, 'USAGE'],
    ['a verdict on a directory', ['tree', '--key', 'app.yaml'], 2, 'USAGE'],
  ])('refuses %s', async (_what, args, code, error) => {
    const outcome = await bench.run(['build', ...args]);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(`code: ${error}`);
  });
});

describe('sealift build of what sops encrypted', () => {
  it('takes the variables of sops where the Secret with the keys is not at hand, and hides what they open', async () => {
    await bench.write('encrypted/deploy/a.yaml', secretYamlFile);
    const decryption = '  decryption: {provider: sops, secretRef: {name: sops-age}}\n';
    await bench.write('decrypt.yaml', `${delivery.slice(0, delivery.indexOf('  postBuild:'))}${decryption}`);
    const args = ['build', 'encrypted', '-f', 'decrypt.yaml'];
    const hidden = await bench.run(args, { SOPS_AGE_KEY: ageKey });
    expect(hidden).toMatchObject({ code: 0, stderr: '' });
    expect(hidden.stdout).toContain('password: "***"');
    const file = await bench.write('age.txt', `# mine\n${ageKey}\n`);
    const shown = await bench.run([...args, '--show-secrets'], { SOPS_AGE_KEY_FILE: file });
    expect(shown.stdout).toContain('password: clear-password-4711');
    const without = await bench.run(args);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('Secret/edge/sops-age: not found');
  });
});

describe('sealift build of an artifact', () => {
  it('fetches and unpacks it, and says that it was not verified; with a key it asks for a verdict', async () => {
    const layout = `oci-layout:${bench.path('layout')}:v1`;
    const pushed = ['push', layout, '--path', bench.path('tree'), '--source', 'x', '--revision', 'v1'];
    await bench.succeed(...pushed);
    const bare = await bench.run(['build', layout, '-f', 'app.yaml', '-f', 'values.yaml']);
    expect(bare).toMatchObject({ code: 0, stdout: printed('spec') });
    expect(bare.stderr).toContain('not verified');
    await bench.succeed('keygen', '--output-key-prefix', bench.path('one'));
    const refused = await bench.run(['build', layout, '--key', 'one.pub']);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    await bench.succeed('sign', layout, '--key', bench.path('one.key'));
    const accepted = await bench.run(['build', layout, '--key', 'one.pub', '--var', 'site=signed']);
    expect(accepted).toMatchObject({ code: 0, stderr: '', stdout: printed('signed') });
  });
});
