import { expect } from 'vitest';
import { type Condition, isReady } from '../../../src/api/index.ts';
import type { GoldenSite } from './golden-site.ts';

/** Longer than anything takes here on a busy machine. */
export const patiently = { timeout: 120_000, interval: 100 } as const;

/** A site whose statuses are waited for. */
export class AwaitedSite {
  readonly namespace: string;
  readonly site: GoldenSite;

  constructor(namespace: string, site: GoldenSite) {
    this.namespace = namespace;
    this.site = site;
  }

  /** Asks for a poll of the source. */
  poll(name = 'app'): Promise<void> {
    const requested = this.site.request('OCIRepository', name);
    return this.until(() => this.site.source(name, this.namespace)?.lastHandledReconcileAt === requested);
  }

  /** Asks for a run of a delivery, and waits for its end. */
  run(name = 'app'): Promise<void> {
    const requested = this.site.request('Kustomization', name);
    return this.until(() => this.site.delivery(name, this.namespace)?.lastHandledReconcileAt === requested);
  }

  /** Waits until a delivery has applied what its source has in force. */
  succeeds(name = 'app', source = 'app'): Promise<void> {
    return this.until(() => {
      const { lastAppliedRevision, conditions = [] } = this.site.delivery(name, this.namespace) ?? {};
      const inForce = this.site.source(source, this.namespace)?.artifact?.revision;
      return isReady(conditions) && lastAppliedRevision === inForce;
    });
  }

  /** Waits until a source has a revision that begins so. */
  has(source: string, revision: string): Promise<void> {
    return this.until(
      () => this.site.source(source, this.namespace)?.artifact?.revision.startsWith(revision) === true,
    );
  }

  /** Waits until a poll has failed. */
  fails(source: string): Promise<void> {
    return this.#says('FetchFailed', 'True', this.#conditionsOf(source));
  }

  /** Waits until what is in force is refused. */
  refuses(source: string): Promise<void> {
    return this.#says('SourceVerified', 'False', this.#conditionsOf(source));
  }

  /** Waits until a delivery has applied what its source has in force, and waits for its health. */
  waits(name = 'app'): Promise<void> {
    return this.until(() => {
      const { conditions = [] } = this.site.delivery(name, this.namespace) ?? {};
      const inForce = this.site.source('app', this.namespace)?.artifact?.revision ?? 'nothing';
      const healthy = conditions.find(({ type }) => type === 'Healthy');
      return healthy?.status === 'Unknown' && healthy.message.includes(inForce);
    });
  }

  /** Waits until a delivery has failed to build what its source has in force. */
  failsToBuild(name: string): Promise<void> {
    return this.until(() => {
      const { lastAttemptedRevision, conditions = [] } = this.site.delivery(name, this.namespace) ?? {};
      const inForce = this.site.source('app', this.namespace)?.artifact?.revision;
      const isFailed = conditions.some(({ type, reason }) => type === 'Ready' && reason === 'BuildFailed');
      return isFailed && lastAttemptedRevision === inForce;
    });
  }

  #conditionsOf(source: string): () => readonly Condition[] {
    return () => this.site.source(source, this.namespace)?.conditions ?? [];
  }

  #says(type: string, status: string, conditions: () => readonly Condition[]): Promise<void> {
    return this.until(() => conditions().some((one) => one.type === type && one.status === status));
  }

  /** Waits until something holds. */
  async until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, patiently).toBe(true);
  }
}
