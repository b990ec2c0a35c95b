import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandBench } from '../integration/harness/command-bench.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import type { AuditEntry } from './harness/audit-log.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';
import { sharedCluster } from './harness/shared-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

const isWrite = ({ verb, requestURI }: AuditEntry): boolean =>
  writing.has(verb) && !requestURI.includes('dryRun=All') && !requestURI.includes('/authorization.k8s.io/');

describeWithPeers('sealift plan of a cluster', clusterPrograms, () => {
  let cluster: Cluster;
  let namespace: string;
  let user: ClusterUser;
  let bench: CommandBench;
  let options: readonly string[];

  const object = (kind: string, name: string, data: string): string =>
    `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: ${namespace}}\n${data}\n`;

  const publish = async (value: string, token: string): Promise<void> => {
    await bench.write('tree/front.yaml', object('ConfigMap', 'front', `data: {value: "${value}"}`));
    await bench.write('tree/token.yaml', object('Secret', 'token', `stringData: {token: "${token}"}`));
    const reference = `oci://${bench.host}/app:stable`;
    await bench.succeed('push', reference, '-f', bench.path('tree'), '--source', 'x', '--revision', 'main');
  };

  beforeAll(async () => {
    cluster = sharedCluster();
    namespace = await cluster.createNamespace('plan');
    user = await cluster.createUser(namespace, 'cluster-admin');
    bench = await CommandBench.start();
    await bench.write(
      'site.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app, namespace: edge}
spec: {url: "oci://${bench.host}/app", interval: 1m, ref: {tag: stable}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${namespace}, namespace: edge}
spec: {interval: 10m, prune: true, sourceRef: {kind: OCIRepository, name: app}}
`,
    );
    options = [
      ...['--config', bench.path('site.yaml'), '--state-dir', bench.path('state')],
      ...['--target', `kubeconfig:${user.kubeconfig}`],
    ];
  });
  afterAll(() => bench.close());

  /** Runs the command, and sees that it wrote nothing into the cluster. */
  const plan = async (
    ...more: readonly string[]
  ): Promise<{ readonly code: number | null; readonly stdout: string }> => {
    const mark = await cluster.audit.mark();
    const { code, stdout, stderr } = await bench.run(['plan', '--exit-code', ...options, ...more]);
    expect(stderr).toBe('');
    const asked = (await cluster.audit.since(mark)).filter((entry) => entry.user.username === user.name);
    expect(asked.filter(isWrite)).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
    return { code, stdout };
  };

  describe('from nothing to a drift', { timeout: 300_000 }, () => {
    it('shows what would be created, and creates nothing', async () => {
      await publish('one', 'very secret');
      const { code, stdout } = await plan();
      expect(stdout).toContain(`  + ConfigMap/${namespace}/front\n  + Secret/${namespace}/token\n`);
      expect(code).toBe(1);
    });

    it('shows nothing once that is delivered', async () => {
      await bench.succeed('run', '--once', ...options);
      expect(await plan()).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('create 0, change 0, delete 0, unchanged 2\n'),
      });
    });

    it('shows the fields that a revision and another hand changed, those of the server left out, and no secret', async () => {
      await publish('two', 'more secret');
      const change = ['--type=merge', '--patch={"metadata":{"annotations":{"by":"hand"}}}'];
      await user.kubectl('patch', 'configmap/front', `--namespace=${namespace}`, ...change);
      const { code, stdout } = await plan();
      expect(stdout).toContain(`  ~ ConfigMap/${namespace}/front\n      /data/value: "one" -> "two"\n`);
      expect(stdout).toMatch(new RegExp(`  ~ Secret/${namespace}/token\\n( {6}/\\S+: .*\\*\\*\\*\\n)+`));
      expect(stdout).not.toMatch(/managedFields|resourceVersion|secret"|"by"|hand/);
      expect(code).toBe(1);
    });

    it('shows what the server would refuse as refused, in its words, of a revision and of a tree', async () => {
      const spec = 'spec: {selector: {app: x}, ports: [{port: 70000}]}';
      await bench.write('tree/bad.yaml', object('Service', 'bad', spec));
      await publish('two', 'more secret');
      const refused = `  ! Service/${namespace}/bad  refused: spec.ports[0].port: Invalid value: 70000`;
      for (const from of [[], ['--from', bench.path('tree')]]) {
        const { code, stdout } = await plan(...from);
        expect(stdout).toContain(refused);
        expect(stdout).toContain('create 0, change 2, delete 0, unchanged 0, refused 1\n');
        expect(code).toBe(1);
      }
      const { stdout } = await plan('--output', 'json');
      const { deliveries } = JSON.parse(stdout) as { readonly deliveries: readonly Fields[] };
      expect(deliveries[0]).toMatchObject({ refuse: [{ reason: 'refused-by-target' }] });
    });
  });
});
