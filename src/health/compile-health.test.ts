import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../core/index.ts';
import { compileHealth, type WrittenHealthCheck } from './index.ts';

const subject = 'Kustomization/shop/app';

const taskCheck: WrittenHealthCheck = {
  apiVersion: 'health.example.com/v1',
  kind: 'Task',
  current: "status.phase == 'Done'",
  failed: "status.phase == 'Broken'",
  inProgress: "status.phase == 'Busy'",
};

function taskOf(fields: Record<string, unknown>, generation = 1): KubernetesObject {
  return {
    apiVersion: 'health.example.com/v1',
    kind: 'Task',
    metadata: { name: 'a', namespace: 'shop', generation },
    ...fields,
  };
}

describe('healthCheckExprs', () => {
  it.each<[behaviour: string, fields: Record<string, unknown>, status: string, message: string]>([
    ['current', { status: { phase: 'Done' } }, 'Current', "status.phase == 'Done'"],
    ['failed', { status: { phase: 'Broken' } }, 'Failed', "status.phase == 'Broken'"],
    ['in progress', { status: { phase: 'Busy' } }, 'InProgress', "status.phase == 'Busy'"],
    [
      'in progress when nothing holds',
      { status: { phase: 'Other' } },
      'InProgress',
      "waits until status.phase == 'Done'",
    ],
    [
      'unknown when a field is missing',
      { status: {} },
      'Unknown',
      "cannot evaluate status.phase == 'Busy': No such key: phase",
    ],
    [
      'unknown when the status is missing',
      {},
      'Unknown',
      "cannot evaluate status.phase == 'Busy': Unknown variable: status",
    ],
    [
      'in progress while its controller lags, whatever holds',
      { metadata: { name: 'a', generation: 2 }, status: { phase: 'Done', observedGeneration: 1 } },
      'InProgress',
      'its controller has seen generation 1 of 2',
    ],
    [
      'judged by the expressions when its observed generation is no number',
      { status: { phase: 'Done', observedGeneration: '0' } },
      'Current',
      "status.phase == 'Done'",
    ],
    [
      'judged by the expressions, not by standard conditions',
      { status: { phase: 'Done', conditions: [{ type: 'Stalled', status: 'True' }] } },
      'Current',
      "status.phase == 'Done'",
    ],
  ])('says: %s', async (...[, fields, status, message]) => {
    const judge = await compileHealth([taskCheck], subject);
    expect(judge(taskOf(fields), 0)).toMatchObject({ status, message });
  });

  it('says that something is in progress before it says that it has failed, and that before current', async () => {
    const all = { ...taskCheck, current: 'true', failed: 'status.bad', inProgress: 'status.busy' };
    const judge = await compileHealth([all], subject);
    const statusOf = (status: object): string => judge(taskOf({ status }), 0).status;
    expect(statusOf({ bad: true, busy: true })).toBe('InProgress');
    expect(statusOf({ bad: true, busy: false })).toBe('Failed');
    expect(statusOf({ bad: false, busy: false })).toBe('Current');
  });

  it.each([
    "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True' && e.observedGeneration == metadata.generation)",
    "status.conditions.exists(e, e.type == 'Ready' && e.status == 'True')",
    "has(status.conditions) && status.conditions[0].type == 'Ready'",
    "status.?phase.orValue('Done') == 'Done'",
    'data.ready',
    "spec.names.map(n, n + '!')[0] == 'a!' && size(spec.names) == 1",
    "metadata.name.startsWith('a') && metadata.name.matches('^a$')",
  ])('reads what people write: %s', async (expression) => {
    const judge = await compileHealth(
      [{ ...taskCheck, current: expression, failed: '', inProgress: '' }],
      subject,
    );
    const fields = {
      data: { ready: true },
      spec: { names: ['a'] },
      status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1 }] },
    };
    expect(judge(taskOf(fields), 0)).toMatchObject({ status: 'Current' });
  });

  it('leaves other kinds to the rules that they have', async () => {
    const judge = await compileHealth([{ ...taskCheck, kind: 'Other' }], subject);
    expect(judge(taskOf({}), 0)).toMatchObject({ status: 'Current' });
  });

  it('counts for every version of the kind, and without a kind for the whole group, where nothing is closer', async () => {
    const group = { apiVersion: 'health.example.com/v1beta1', current: 'false' };
    const judge = await compileHealth(
      [{ ...taskCheck, apiVersion: 'health.example.com/v2' }, group],
      subject,
    );
    expect(judge(taskOf({ status: { phase: 'Done' } }), 0)).toMatchObject({ status: 'Current' });
    expect(judge({ ...taskOf({}), kind: 'Other' }, 0)).toMatchObject({ status: 'InProgress' });
  });

  it('may be for a kind that has rules of its own', async () => {
    const judge = await compileHealth(
      [{ apiVersion: 'apps/v1', kind: 'Deployment', current: "metadata.name == 'a'" }],
      subject,
    );
    expect(judge({ ...taskOf({}), apiVersion: 'apps/v1', kind: 'Deployment' }, 0)).toMatchObject({
      status: 'Current',
    });
  });

  it('looks at so much of an object and no more', async () => {
    const judge = await compileHealth(
      [{ ...taskCheck, inProgress: 'spec.l.all(a, spec.l.all(b, spec.l.all(c, a == a)))' }],
      subject,
    );
    const l = Array.from({ length: 20_000 }, (_, at) => at);
    expect(judge(taskOf({ spec: { l } }), 0)).toMatchObject({
      status: 'Unknown',
      message: expect.stringContaining('within 1000000 looks'),
    });
  });

  it.each<[string, readonly WrittenHealthCheck[], string]>([
    [
      'what is no expression',
      [{ ...taskCheck, current: 'status.phase ==' }],
      'Kustomization/shop/app spec.healthCheckExprs[0].current: line 1, column 16: Unexpected token: EOF',
    ],
    ['an empty one', [{ ...taskCheck, current: '' }], 'spec.healthCheckExprs[0].current: line 1, column 1'],
    ['what is no condition', [{ ...taskCheck, failed: '"text"' }], 'spec.healthCheckExprs[0].failed: line 1'],
    [
      'functions that cost too much',
      [{ ...taskCheck, failed: 'a.split(",")' }],
      'expected one of the functions',
    ],
    [
      'two checks for one kind',
      [taskCheck, { ...taskCheck, apiVersion: 'health.example.com/v2' }],
      'spec.healthCheckExprs[1]: expected one check for Task of the group, got another one before',
    ],
  ])('refuses %s', async (...[, checks, message]) => {
    await expect(compileHealth(checks, subject)).rejects.toThrow(
      expect.objectContaining({ code: 'EXPRESSION_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
