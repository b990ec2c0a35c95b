import { describe, expect, it } from 'vitest';
import { labelSelectorText } from './label-selector.ts';
import { podsInQuestion } from './pods-in-question.ts';

describe('the pods that may say what an object waits for', () => {
  const selector = { matchLabels: { app: 'web' } };
  const object = (kind: string, spec: object, status?: object) => {
    const [apiVersion = '', name = ''] = kind.split(' ');
    return {
      apiVersion,
      kind: name,
      metadata: { name: 'x', namespace: 'shop' },
      spec: { selector, ...spec },
      status,
    };
  };

  it.each<[behaviour: string, object: ReturnType<typeof object>, selected: string | undefined]>([
    ['of a Deployment that has none yet', object('apps/v1 Deployment', {}), 'app=web'],
    ['of one with too few', object('apps/v1 Deployment', { replicas: 2 }, { readyReplicas: 1 }), 'app=web'],
    ['not of one with all', object('apps/v1 Deployment', { replicas: 2 }, { readyReplicas: 2 }), undefined],
    ['not of one that wants none', object('apps/v1 Deployment', { replicas: 0 }), undefined],
    [
      'of one whose ready ones are of the older template',
      object('apps/v1 Deployment', { replicas: 2 }, { readyReplicas: 2, updatedReplicas: 1 }),
      'app=web',
    ],
    ['of a StatefulSet', object('apps/v1 StatefulSet', {}, {}), 'app=web'],
    [
      'of a DaemonSet',
      object('apps/v1 DaemonSet', {}, { desiredNumberScheduled: 2, numberReady: 1 }),
      'app=web',
    ],
    ['not of a DaemonSet for no node', object('apps/v1 DaemonSet', {}), undefined],
    ['of a Job that runs', object('batch/v1 Job', {}, { active: 1 }), 'app=web'],
    ['not of a Job that has ended', object('batch/v1 Job', {}, { succeeded: 1 }), undefined],
    ['not of what runs none', object('v1 Service', {}), undefined],
    ['not of another Deployment', object('example.com/v1 Deployment', {}), undefined],
  ])('are asked: %s', (...[, asked, selected]) => {
    expect(podsInQuestion(asked)).toBe(selected);
  });

  it.each<[selector: unknown, text: string | undefined]>([
    [{ matchLabels: { app: 'web', tier: 'front' } }, 'app=web,tier=front'],
    [
      {
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['x', 'y'] },
          { key: 'b', operator: 'NotIn', values: ['z'] },
          { key: 'c', operator: 'Exists' },
          { key: 'd', operator: 'DoesNotExist' },
        ],
      },
      'app=web,a in (x,y),b notin (z),c,!d',
    ],
    [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }, undefined],
    [{}, undefined],
    [undefined, undefined],
  ])('are selected as requests do it: %j', (written, text) => {
    expect(labelSelectorText(written)).toBe(text);
  });
});
