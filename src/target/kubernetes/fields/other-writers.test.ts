import { describe, expect, it } from 'vitest';
import type { LiveMetadata, ManagedFields } from '../client/client.ts';
import { otherWriters } from './other-writers.ts';

function entry(manager: string, minute: number, rest: Partial<ManagedFields> = {}): ManagedFields {
  const time = `2026-01-01T00:0${minute}:00Z`;
  return { manager, operation: 'Update', apiVersion: 'v1', time, ...rest };
}

const ours = entry('kustomize-controller', 3, { operation: 'Apply' });

function writersOf(...managedFields: readonly ManagedFields[]): readonly string[] {
  const metadata: LiveMetadata = { name: 'one', uid: 'u1', resourceVersion: '1', managedFields };
  return otherWriters(metadata);
}

describe('who else wrote an object', () => {
  it('is whoever did so since we did, the latest first', () => {
    expect(writersOf(entry('kubectl-edit', 4), ours, entry('rollouts', 5), entry('helm', 2))).toEqual([
      'rollouts',
      'kubectl-edit',
    ]);
  });

  it('is everybody where nothing of it is ours, three at most, each once', () => {
    const five = [entry('a', 1), entry('b', 2), entry('c', 3), entry('d', 4), entry('d', 5)];
    expect(writersOf(...five)).toEqual(['d', 'c', 'b']);
  });

  it('is nobody who only wrote its status, and not we ourselves', () => {
    expect(writersOf(ours, entry('kube-controller-manager', 4, { subresource: 'status' }))).toEqual([]);
    expect(otherWriters({ name: 'one', uid: 'u1', resourceVersion: '1' })).toEqual([]);
  });
});
