import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Engine } from '../../src/agent/index.ts';
import type { DesiredState, StateStore } from '../../src/api/index.ts';
import type { KubernetesObject } from '../../src/core/index.ts';
import { compileHealth } from '../../src/health/index.ts';
import { createMemoryStateStore, parseConfiguration } from '../../src/site/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../src/target/index.ts';
import { FakeClock, settle } from '../fakes/fake-clock.ts';
import { FakeStages } from '../fakes/fake-stages.ts';

// Scenarios of health that the real kustomize-controller went through, told again to the engine: what it says has to be what they said, but for
// the reasons, which it has in more words.

const golden = join(import.meta.dirname, '../../../shared/vectors/flux-golden');
const isThere = existsSync(golden);
if (!isThere) stderr.write(`skipped: no ${golden}\n`);

const second = 1_000;
const minute = 60 * second;

function documentsOf(file: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(readFileSync(join(golden, file), 'utf8'));
  const objects = documents.map((document) => document.toJS() as KubernetesObject | null);
  return objects.filter((object) => object !== null);
}

/** What stood in the cluster. */
function liveIn(file: string, kind: string, name: string): Readonly<Record<string, unknown>> {
  const lists = documentsOf(file) as readonly (KubernetesObject & { items?: KubernetesObject[] })[];
  const all = lists.flatMap((list) => list.items ?? [list]);
  const found = all.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} in ${file}`);
  return found['status'] as Readonly<Record<string, unknown>>;
}

/** Conditions as text, without what differs from one run to the next, and without the reasons that the real one does not give. */
function shown(conditions: Iterable<readonly [type: string, state: string, message: string]>): string {
  return [...conditions]
    .map(([type, state, message]) => `${type}=${state} "${message}"`)
    .join('; ')
    .replaceAll(/\w+@sha256:\w+/g, 'REVISION')
    .replaceAll(/(after|passed in) [\d.hms]+/g, '$1 TIME')
    .replaceAll(/(status: '\w+'): [^\]]*/g, '$1');
}

/** What the real controller said of a Kustomization, one after the other. */
function saidBefore(scenario: string, name: string): readonly string[] {
  const lines = readFileSync(join(golden, scenario, 'transitions.txt'), 'utf8').split('\n');
  const own = lines.filter((line) => line.includes(` MODIFIED Kustomization/${name} `));
  const all = own.map((line) => {
    const found = line.matchAll(/(\w+)=(\w+\/\w+)\[\d+\] "((?:[^"\\]|\\.)*)"/g);
    return shown(
      [...found].map(([, type = '', state = '', message = '']) => [type, state, message] as const),
    );
  });
  return all.filter((text, at) => text !== all[at - 1]);
}

/** The first holds what the second does, in the same order. */
function holds(longer: readonly string[], shorter: readonly string[]): boolean {
  let at = 0;
  for (const one of longer) if (one === shorter[at]) at += 1;
  return at === shorter.length;
}

describe.skipIf(!isThere)('health, as the real controllers told it', () => {
  let registry: FakeStages;
  let target: MemoryTarget;
  let clock: FakeClock;
  let state: StateStore;
  let stop: AbortController;
  let said: Map<string, string[]>;
  let engine: Engine;

  beforeEach(async () => {
    registry = new FakeStages();
    target = createMemoryTarget();
    clock = new FakeClock();
    state = createMemoryStateStore();
    stop = new AbortController();
    said = new Map();
    const { deliveries } = state;
    const save = deliveries.save.bind(deliveries);
    deliveries.save = (record) => {
      save(record);
      const { conditions } = record.status;
      const text = shown(
        conditions.map(({ type, status, reason, message }) => [type, `${status}/${reason}`, message]),
      );
      const before = said.get(record.name) ?? [];
      // There the source was ready before.
      const isEarly = text.includes('ArtifactFailed');
      if (!isEarly && before.at(-1) !== text) before.push(text);
      said.set(record.name, before);
    };
    // Loads the library of expressions, which takes more than turns.
    await compileHealth([{ apiVersion: 'v1', current: 'true' }], 'x');
  });

  afterEach(() => stop.abort());

  async function settleAll(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await settle();
  }

  function siteFrom(scenario: string, change: (text: string) => string = (text) => text): DesiredState {
    const folder = join(golden, scenario, 'input');
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    return parseConfiguration(
      files.map((path) => ({ path, text: change(readFileSync(join(folder, path), 'utf8')) })),
    );
  }

  async function start(scenario: string): Promise<void> {
    const { stages } = registry;
    const build: typeof stages.build = {
      build: async ({ delivery }) => {
        const folder = join(scenario, 'input/tree', delivery.spec.path);
        const files = readdirSync(join(golden, folder)).filter((file) =>
          /^(?!kustomization).*\.yaml$/.test(file),
        );
        const objects = files.flatMap((file) => documentsOf(join(folder, file)));
        // The real one lets three deliveries take one object from each other.
        const text = JSON.stringify(objects)
          .replace(/:[\d.]+"/, `:${registry.revision}"`)
          .replace('"name":"c"', `"name":"c-${delivery.metadata.name}"`);
        return { objects: JSON.parse(text), warnings: [] };
      },
    };
    engine = new Engine(
      {
        stages: { ...stages, build },
        target,
        state,
        clock,
        random: { next: () => 0.5 },
        withdrawAll: false,
        listener: () => undefined,
      },
      siteFrom(scenario),
    );
    void engine.run(stop.signal);
    await settleAll();
  }

  function expectSame(scenario: string, name: string): void {
    const [before, now] = [saidBefore(scenario, name), said.get(name) ?? []];
    expect(now.length).toBeGreaterThan(0);
    expect(before, `${name}: ${now.join('\n')}`).toSatisfy((all: readonly string[]) => holds(all, now));
    expect(now.at(-1)).toBe(before.at(-1));
  }

  it('waits for a Deployment, is late, passes, and is late with the next revision (07a)', async () => {
    const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'wait', name: 'web' };
    target.setStatus(web, liveIn('07a-wait/objects.timeout.yaml', 'Deployment', 'web'));
    await start('07a-wait');
    await clock.advance(30 * second);
    const asked = (text: string): string =>
      text.replaceAll('metadata:\n', 'metadata:\n  annotations: {reconcile.fluxcd.io/requestedAt: "1"}\n');
    engine.replace(siteFrom('07a-wait', asked));
    await settleAll();
    target.setStatus(web, liveIn('07a-wait/objects.ready.yaml', 'Deployment', 'web'));
    await clock.advance(5 * second);
    registry.revision = 'v2';
    await clock.advance(64 * minute);
    target.setStatus(web, liveIn('07a-wait/objects.yaml', 'Deployment', 'web'));
    await clock.advance(30 * second);
    expectSame('07a-wait', 'app');
  });

  it('goes by expressions, checks and failures of objects (07b)', async () => {
    const task = (name: string, phase: string): void =>
      target.setStatus(
        { group: 'health.example.com', version: 'v1', kind: 'Task', namespace: 'health', name },
        { phase },
      );
    const definition = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      namespace: '',
      name: 'tasks.health.example.com',
    };
    const authority = {
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'health',
      name: 'kube-root-ca.crt',
    };
    target.edit(
      authority,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...authority } }),
    );
    target.setStatus(definition, { conditions: [{ type: 'Established', status: 'True' }] });
    await start('07b-health');
    const stuck = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'health', name: 'stuck' };
    task('a', 'Busy');
    await clock.advance(second);
    target.setStatus(stuck, liveIn('07b-health/objects.yaml', 'Deployment', 'stuck'));
    task('b', 'Broken');
    await clock.advance(5 * second);
    task('a', 'Done');
    await clock.advance(30 * second);
    for (const name of [
      'crd',
      'expr-done',
      'expr-failed',
      'no-expr',
      'stuck',
      'configmap-only',
      'check-missing',
      'check-other',
    ])
      expectSame('07b-health', name);
  });
});
