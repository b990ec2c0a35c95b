import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AuditLog } from './audit-log.ts';
import { ClusterUser } from './cluster-user.ts';
import type { Tokens, UserName } from './users.ts';

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
  readonly #address: ClusterAddress;

  constructor(address: ClusterAddress) {
    this.#address = address;
    this.audit = new AuditLog(join(address.folder, 'audit.log'), this.user('admin'));
  }

  user(name: UserName): ClusterUser {
    return this.#userWith(name, this.#address.tokens[name]);
  }

  /** Makes a namespace that no other test has, named `PREFIX-` and something random; it is ready for Pods. */
  async createNamespace(prefix: string): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.user('admin').kubectl('create', 'namespace', name);
    // A Pod is refused as long as its service account is not there.
    const account = `serviceaccount/default`;
    await this.user('admin').kubectl('wait', '--for=create', account, `--namespace=${name}`, '--timeout=50s');
    return name;
  }

  /**
   * Makes a user of the namespace's own, so that the audit log tells one test file from another. The role is a
   * ClusterRole, held in the whole cluster.
   */
  async createUser(namespace: string, role: string): Promise<ClusterUser> {
    const admin = this.user('admin');
    const account = `${namespace}:tester`;
    await admin.kubectl('create', 'serviceaccount', 'tester', `--namespace=${namespace}`);
    const binding = ['create', 'clusterrolebinding', `${namespace}-tester`, `--clusterrole=${role}`];
    await admin.kubectl(...binding, `--serviceaccount=${account}`);
    const token = await admin.kubectl(
      'create',
      'token',
      'tester',
      `--namespace=${namespace}`,
      '--duration=24h',
    );
    const user = this.#userWith(`system:serviceaccount:${account}`, token.trim());
    user.writeKubeconfig();
    return user;
  }

  #userWith(name: string, token: string): ClusterUser {
    const { server, authority, folder } = this.#address;
    return new ClusterUser(name, { server, authority, token }, folder);
  }
}
