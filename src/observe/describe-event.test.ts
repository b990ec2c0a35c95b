import { describe, expect, it } from 'vitest';
import type { EventBody, SealiftEvent } from '../core/index.ts';
import { createTerminalListener, describeEvent, shortRevision } from './index.ts';

const revision = `stable@sha256:${'ab'.repeat(32)}`;
const url = 'oci://registry.example/app';
const object = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };

const cases: readonly (readonly [EventBody, string])[] = [
  [
    { kind: 'configuration-loaded', sources: 1, deliveries: 2, policies: 0 },
    'configuration loaded: 1 source, 2 deliveries, 0 policies',
  ],
  [
    { kind: 'configuration-refused', code: 'CONFIG_INVALID', message: 'a.yaml:3: bad' },
    'configuration refused, the last good one stays in force: a.yaml:3: bad',
  ],
  [{ kind: 'revision-resolved', revision, url }, `new revision ${revision} at ${url}`],
  [
    { kind: 'revision-verified', revision, signers: ['release/key'] },
    `verified signature of revision ${revision} by release/key`,
  ],
  [
    { kind: 'policy-warned', revision, message: 'release: no signature' },
    `warning on revision ${revision}: release: no signature`,
  ],
  [
    { kind: 'revision-accepted-unsigned', revision },
    `revision ${revision} taken without verification: no policy asks for one`,
  ],
  [
    {
      kind: 'artifact-stored',
      revision,
      url,
      digest: 'sha256:1',
      files: 1,
      bytes: 10,
      skipped: ['a', 'b', 'c', 'd'],
    },
    `stored artifact with revision '${revision}' from '${url}': 1 file, 10 bytes; left out 4 links: a, b, c, …`,
  ],
  [
    { kind: 'floor-moved', by: 'statement', from: 'sequence 7', to: 'sequence 5', revision },
    `floor moved by a signed statement on revision ${revision}: from sequence 7 to sequence 5`,
  ],
  [
    { kind: 'floor-moved', by: 'operator', from: 'sequence 7', to: 'sequence 5' },
    'floor moved by an operator: from sequence 7 to sequence 5',
  ],
  [{ kind: 'state-mended', detail: 'floors.json: was missing' }, 'floors.json: was missing'],
  [
    { kind: 'clock-behind', clock: 0, bound: Date.parse('2026-06-01T00:00:00Z') },
    'the clock says 1970-01-01T00:00:00Z, and it is 2026-06-01T00:00:00Z or later: set it; until then the later one counts',
  ],
  [{ kind: 'source-recovered', revision, url }, `the trouble is over, revision ${revision} is in force`],
  [
    { kind: 'delivery-built', revision, objects: 3, warnings: ['w'] },
    `built 3 objects from revision ${revision}; warning: w`,
  ],
  [{ kind: 'object-changed', revision, object, action: 'created' }, 'Deployment/shop/web created'],
  [
    { kind: 'object-warned', revision, object, message: 'apps/v1beta1 is deprecated' },
    'Deployment/shop/web: warning: apps/v1beta1 is deprecated',
  ],
  [
    { kind: 'object-changed', revision, object, action: 'kept', reason: 'prune-disabled' },
    'Deployment/shop/web kept (prune-disabled)',
  ],
  [
    { kind: 'delivery-applied', revision, objects: 3, changed: 0, durationMs: 12.4 },
    `applied revision ${revision}: 3 objects, nothing to do, in 12ms`,
  ],
  [
    { kind: 'delivery-applied', revision, objects: 3, changed: 1, durationMs: 1500 },
    `applied revision ${revision}: 3 objects, 1 change, in 1.5s`,
  ],
  [{ kind: 'health-passed', revision, durationMs: 2_000 }, 'Health check passed in 2.0s'],
  [
    { kind: 'health-lost', revision, message: "waiting for: [Deployment/a/b status: 'InProgress': busy]" },
    "not healthy any more: waiting for: [Deployment/a/b status: 'InProgress': busy]",
  ],
  [{ kind: 'health-cancelled', revision }, 'health checks cancelled: something newer has come'],
  [
    { kind: 'rollback-begun', revision, good: 'v1', message: 'denied' },
    `going back to revision v1, since ${revision} failed: denied`,
  ],
  [
    { kind: 'rolled-back', revision, good: 'v1' },
    `revision v1 is in force again; ${revision} is not tried again until something changes`,
  ],
  [{ kind: 'deletion-waits', message: 'a may take over what is to go' }, 'a may take over what is to go'],
  [{ kind: 'objects-left', message: 'left as they are: a' }, 'left as they are: a'],
  [{ kind: 'converged', changes: 0, failures: 0 }, 'the site is as it should be: nothing to do'],
  [{ kind: 'converged', changes: 2, failures: 1 }, '1 failure, 2 changes'],
  [
    { kind: 'failed', stage: 'verify', code: 'SIGNATURE_MISSING', message: 'x: no signature' },
    'verify failed: x: no signature',
  ],
];

function eventOf(body: EventBody): SealiftEvent {
  return { ...body, subject: { kind: 'Kustomization', namespace: 'edge', name: 'app' }, at: 0 };
}

describe('describeEvent', () => {
  it.each(cases)('says %o', (body, message) => {
    expect(describeEvent(eventOf(body)).message).toBe(message);
  });

  it('calls failures errors, under their code', () => {
    expect(
      describeEvent(eventOf({ kind: 'failed', stage: 'build', code: 'BUILD_EMPTY', message: 'm' })),
    ).toMatchObject({ severity: 'error', reason: 'BUILD_EMPTY' });
  });
});

describe('shortRevision', () => {
  it('cuts digests to twelve digits and leaves the rest', () => {
    expect(shortRevision(`a ${revision} b sha256:12`)).toBe('a stable@sha256:abababababab b sha256:12');
  });
});

describe('createTerminalListener', () => {
  function linesOf(body: EventBody, color = false): readonly string[] {
    const lines: string[] = [];
    createTerminalListener((line) => lines.push(line), { color })(eventOf(body));
    return lines.join('').split('\n');
  }

  it('writes one line for a change', () => {
    expect(linesOf({ kind: 'object-changed', revision, object, action: 'repaired' })).toEqual([
      'apply    edge/app  Deployment/shop/web repaired',
      '',
    ]);
  });

  it('says after a failure what to do next', () => {
    const [first, second] = linesOf({
      kind: 'failed',
      stage: 'verify',
      code: 'SIGNATURE_MISSING',
      message: 'x: no signature',
    });
    expect(first).toBe('failed   edge/app  verify failed: x: no signature');
    expect(second).toMatch(/^ {9}SIGNATURE_MISSING: Sign what is there/);
  });

  it('lets nothing through that steers a terminal', () => {
    const hostile = { ...object, name: 'a\u001b[2J\u202eb' };
    const [line] = linesOf({ kind: 'object-changed', revision, object: hostile, action: 'created' });
    expect(line).toBe('apply    edge/app  Deployment/shop/a\ufffd[2J\ufffdb created');
  });

  it('colours only when asked to', () => {
    const body: EventBody = { kind: 'source-recovered', revision, url };
    expect(linesOf(body).join('')).not.toContain('\u001b');
    expect(linesOf(body, true).join('')).toContain('\u001b[36m');
  });
});
