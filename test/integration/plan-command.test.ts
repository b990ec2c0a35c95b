import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandBench } from './harness/command-bench.ts';

const object = (kind: string, name: string, data: string): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: shop}\n${data}\n`;
const configMap = (name: string, value: string): string =>
  object('ConfigMap', name, `data: {value: "${value}"}`);
const secret = (value: string): string => object('Secret', 'token', `stringData: {token: "${value}"}`);

const site = (host: string, more = ''): string => `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: edge}
spec: {url: "oci://${host}/app", interval: 1m, ref: {tag: stable}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: edge}
spec: {interval: 10m, prune: true, path: ./app, sourceRef: {kind: OCIRepository, name: app}}
${more}`;

const other = (name: string, spec = ''): string => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: edge}
spec: {interval: 10m, prune: true, path: ./${name}, sourceRef: {kind: OCIRepository, name: app}${spec}}
`;

let bench: CommandBench;
let options: string[];

beforeAll(async () => {
  bench = await CommandBench.start();
  options = [
    ...['--config', bench.path('site.yaml'), '--state-dir', bench.path('state')],
    ...['--target', `dir:${bench.path('delivered')}`],
  ];
});
afterAll(() => bench.close());

async function publish(files: Readonly<Record<string, string>>): Promise<void> {
  await rm(bench.path('tree'), { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) await bench.write(`tree/${name}`, text);
  const reference = `oci://${bench.host}/app:stable`;
  await bench.succeed('push', reference, '-f', bench.path('tree'), '--source', 'x', '--revision', 'main');
}

/** Every file of a folder with its content and the time it was written. */
async function everything(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.sort().map(async (file) => {
      const { mtimeMs } = await stat(file);
      return [file, `${mtimeMs} ${sha256(await readFile(file))}`] as const;
    }),
  );
  return Object.fromEntries(texts);
}

/** Runs a command, and sees that neither state nor target is other than before. */
async function plan(
  ...args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const before = [await everything(bench.path('state')), await everything(bench.path('delivered'))];
  const outcome = await bench.run(['plan', ...args, ...options]);
  expect([await everything(bench.path('state')), await everything(bench.path('delivered'))]).toEqual(before);
  return outcome;
}

const first = {
  'app/front.yaml': configMap('front', 'one'),
  'app/gone.yaml': configMap('gone', 'x'),
  'app/same.yaml': configMap('same', 'x'),
  'app/token.yaml': secret('very secret'),
};
const second = {
  'app/front.yaml': configMap('front', 'two'),
  'app/new.yaml': configMap('new', 'x'),
  'app/same.yaml': configMap('same', 'x'),
  'app/token.yaml': secret('more secret'),
};

describe('sealift plan', { timeout: 120_000 }, () => {
  it('shows what a new site would get, and leaves no state behind', async () => {
    await publish(first);
    await bench.write('site.yaml', site(bench.host));
    const { code, stdout } = await plan();
    expect(stdout).toMatch(
      /^Kustomization\/edge\/app {2}stable@sha256:[0-9a-f]+\S*\n {2}\+ ConfigMap\/shop\/front\n/,
    );
    expect(stdout).toContain('\ncreate 4, change 0, delete 0, unchanged 0\n');
    expect(code).toBe(0);
    await expect(stat(bench.path('state'))).rejects.toThrow('ENOENT');
  });

  it('says by its exit code whether there is a difference, when that is asked for', async () => {
    expect((await plan('--exit-code')).code).toBe(1);
    await bench.succeed('run', '--once', ...options);
    expect(await plan('--exit-code')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('create 0, change 0, delete 0, unchanged 4\n'),
    });
  });

  it('shows what a new revision creates, changes and deletes, by field, and no secret', async () => {
    await publish(second);
    const { stdout } = await plan();
    expect(stdout).toContain('  + ConfigMap/shop/new\n');
    expect(stdout).toContain('  ~ ConfigMap/shop/front\n      /data/value: "one" -> "two"\n');
    expect(stdout).toContain('  - ConfigMap/shop/gone\n');
    expect(stdout).toContain('  ~ Secret/shop/token\n');
    expect(stdout).toContain(': *** -> ***\n');
    expect(stdout).toContain('create 1, change 2, delete 1, unchanged 1\n');
    expect(stdout).not.toContain('secret"');
  });

  it.each(['json', 'yaml'])('is a value for programs (%s), and has another name', async (format) => {
    const outcome = await bench.run(['diff', 'edge/app', '-o', format, ...options]);
    const text = outcome.stdout;
    expect(text).not.toContain('more secret');
    if (format === 'yaml') return expect(text).toContain('unchanged: 1');
    const { deliveries, waiting, failures } = JSON.parse(text);
    expect({ waiting, failures }).toEqual({ waiting: [], failures: [] });
    expect(deliveries).toMatchObject([
      {
        namespace: 'edge',
        name: 'app',
        revision: expect.stringMatching(/^stable@sha256:/),
        create: [{ kind: 'ConfigMap', namespace: 'shop', name: 'new' }],
        delete: [{ kind: 'ConfigMap', namespace: 'shop', name: 'gone' }],
        unchanged: 1,
      },
    ]);
  });

  it('shows what another hand changed in the target', async () => {
    await bench.succeed('run', '--once', ...options);
    const [file] = (await readdir(bench.path('delivered'))).filter((name) => name.includes('front'));
    const path = join(bench.path('delivered'), file ?? '');
    await bench.write(
      join('delivered', file ?? ''),
      (await readFile(path, 'utf8')).replace('two', 'drifted'),
    );
    const { code, stdout } = await plan('--exit-code');
    expect(stdout).toContain('/data/value: "drifted" -> "two"\n');
    expect(code).toBe(1);
  });

  it('shows what is handed over, what waits, and what is refused, of deliveries that do not exist yet', async () => {
    await publish({
      'app/front.yaml': configMap('front', 'two'),
      'app/same.yaml': configMap('same', 'x'),
      'app/token.yaml': secret('more secret'),
      'more/new.yaml': configMap('new', 'x'),
      'more/same.yaml': configMap('same', 'y'),
    });
    const more = `${other('more')}${other('late', ', dependsOn: [{name: more}]')}${other('off', ', suspend: true')}`;
    await bench.write('site.yaml', site(bench.host, more));
    const { stdout, code } = await plan('--exit-code');
    expect(stdout).toContain('  = ConfigMap/shop/new  kept: moves-to-other\n');
    expect(stdout).toContain(
      '  ~ ConfigMap/shop/new\n      /metadata/labels/kustomize.toolkit.fluxcd.io~1name: "app" -> "more"\n',
    );
    expect(stdout).toContain('  ! ConfigMap/shop/same  owned by Kustomization/edge/app\n');
    expect(stdout).toContain('Kustomization/edge/late  no plan: ');
    expect(stdout).toContain('Kustomization/edge/off  no plan: suspended\n');
    expect(code).toBe(1);
  });

  it('shows one delivery, and says when there is no such', async () => {
    const { stdout } = await plan('edge/more');
    expect(stdout).toMatch(/^Kustomization\/edge\/more /);
    expect(stdout).not.toContain('Kustomization/edge/app  ');
    expect(await plan('edge/nowhere')).toMatchObject({
      stderr: expect.stringContaining('Kustomization/edge/nowhere: not found in the configuration'),
    });
  });

  it('shows what one delivery would change with a tree of its own, published or not', async () => {
    await bench.write('draft/app/front.yaml', configMap('front', 'three'));
    await bench.write('draft/more/new.yaml', configMap('new', 'x'));
    await bench.write('draft/late/x.yaml', configMap('late', 'x'));
    const { stdout, code } = await plan('edge/app', '--from', bench.path('draft'), '--exit-code');
    expect(stdout).toContain('  ~ ConfigMap/shop/front\n      /data/value: "drifted" -> "three"\n');
    expect(stdout).toContain('  - ConfigMap/shop/same\n');
    expect(stdout).toContain('  = ConfigMap/shop/new  kept: moves-to-other\n');
    expect(code).toBe(1);
    const published = await plan('edge/app', '--from', `oci://${bench.host}/app:stable`);
    expect(published.stdout).toContain('/data/value: "drifted" -> "two"\n');
    expect(published.stderr).toContain('not verified');
    expect(await plan('--from', bench.path('draft'))).toMatchObject({ code: 2 });
    expect(await plan('edge/nowhere', '--from', bench.path('draft'))).toMatchObject({ code: 2, stdout: '' });
  });

  it('plans with what is in force while the registry is away, and fails for that', async () => {
    await bench.write('site.yaml', site('127.0.0.1:9'));
    const { code, stdout, stderr } = await plan('--exit-code');
    expect(stdout).toContain('/data/value: "drifted" -> "two"\n');
    expect(stdout).toMatch(/^create .*, failed 1$/m);
    expect(stderr).toContain('code: REGISTRY_UNREACHABLE');
    expect(code).toBe(2);
  });

  it('is a mistake of the caller without a configuration', async () => {
    const outcome = await bench.run([
      'plan',
      '--config',
      bench.path('nowhere'),
      '--state-dir',
      bench.path('none'),
    ]);
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
  });
});
