import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AuditLog } from './audit-log.ts';
import { ClusterUser } from './cluster-user.ts';
import type { Tokens, UserName } from './users.ts';

/** A controller makes it within milliseconds, on a busy machine within seconds. */
const APPEAR_LIMIT_MS = 50_000;
const APPEAR_POLL_MS = 20;

/** How to reach a cluster: plain values, which pass from the process that started it to those of the tests. */
export interface ClusterAddress {
  readonly server: string;
  /** Certificate of its authority, in PEM. */
  readonly authority: string;
  readonly tokens: Tokens;
  readonly folder: string;
}

/** A cluster as its users see it. */
export class Cluster {
  readonly audit: AuditLog;
  readonly address: ClusterAddress;

  constructor(address: ClusterAddress) {
    this.address = address;
    this.audit = new AuditLog(join(address.folder, 'audit.log'), this.user('admin'));
  }

  user(name: UserName): ClusterUser {
    return this.#userWith(name, this.address.tokens[name]);
  }

  /** Makes a namespace that no other test has, named `PREFIX-` and something random; it is ready for Pods. */
  async createNamespace(prefix: string): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.#create('/api/v1/namespaces', { metadata: { name } });
    // A Pod is refused as long as its service account is not there.
    await this.#appears(`/api/v1/namespaces/${name}/serviceaccounts/default`);
    return name;
  }

  /**
   * Makes a user of the namespace's own, so that the audit log tells one test file from another. The role is a
   * ClusterRole, held in the whole cluster.
   */
  async createUser(namespace: string, role: string): Promise<ClusterUser> {
    const account = `${namespace}:tester`;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.#create(accounts, { metadata: { name: 'tester' } });
    await this.#create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: `${namespace}-tester` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', namespace, name: 'tester' }],
    });
    const asked = await this.#create(`${accounts}/tester/token`, { spec: { expirationSeconds: 86_400 } });
    const { token } = (asked as { readonly status: { readonly token: string } }).status;
    const user = this.#userWith(`system:serviceaccount:${account}`, token);
    user.writeKubeconfig();
    return user;
  }

  /** Without kubectl, which takes a hundred times as long. */
  async #create(path: string, body: unknown): Promise<unknown> {
    const answer = await this.user('admin').ask(path, { method: 'POST', body });
    if (answer.status !== 201) throw new Error(`${path}: expected status 201, got ${answer.status}`);
    return answer.body;
  }

  async #appears(path: string): Promise<void> {
    const deadline = performance.now() + APPEAR_LIMIT_MS;
    while ((await this.user('admin').ask(path)).status !== 200) {
      if (performance.now() > deadline) throw new Error(`${path}: expected it to be there, got nothing`);
      await setTimeout(APPEAR_POLL_MS);
    }
  }

  #userWith(name: string, token: string): ClusterUser {
    const { server, authority, folder } = this.address;
    return new ClusterUser(name, { server, authority, token }, folder);
  }
}
