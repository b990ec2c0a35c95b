import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/agent/index.ts';
import type { Condition, StateStore } from '../../src/api/index.ts';
import { compileExpression } from '../../src/core/index.ts';
import { createMemoryStateStore, parseConfiguration } from '../../src/site/index.ts';
import { createMemoryTarget } from '../../src/target/index.ts';
import { FakeClock, settle } from '../fakes/fake-clock.ts';
import { FakeStages } from '../fakes/fake-stages.ts';
import { configMap } from '../fakes/site.ts';

// What the real kustomize-controller said of deliveries that wait for others, told again to the engine.

const golden = join(import.meta.dirname, '../../../shared/vectors/flux-golden/08-depends-on');
const isThere = existsSync(golden);
if (!isThere) stderr.write(`skipped: no ${golden}\n`);

/** Every `reason "message"` of Ready that a delivery of the scenario was seen with while it waited, in order. */
function saidBefore(name: string): readonly string[] {
  const lines = readFileSync(join(golden, 'transitions.txt'), 'utf8').split('\n');
  const own = lines.filter((line) => line.includes(` MODIFIED Kustomization/${name} `));
  const said = own.flatMap((line) => {
    const found = /Ready=False\/(\w+)\[\d+\] "((?:[^"\\]|\\.)*)"/.exec(line);
    return found === null ? [] : [`${found[1]} ${JSON.parse(`"${found[2]}"`)}`];
  });
  return said.filter((text, at) => text !== said[at - 1]);
}

/** The scenario, as an operator without a cluster would play it. */
class Scenario {
  readonly #registry = new FakeStages();
  readonly #clock = new FakeClock();
  readonly #state: StateStore = createMemoryStateStore();
  readonly #stop = new AbortController();
  readonly #said = new Map<string, string[]>();
  #engine: Engine | undefined;

  constructor() {
    for (const name of ['base', 'top', 'expr', 'expr-invalid', 'expr-missing-key']) {
      this.#registry.objectsOf.set(name, [configMap(name)]);
    }
  }

  /** Brings these files of the input into force. */
  async configure(files: readonly string[], edit = (text: string): string => text): Promise<void> {
    const texts = files.map((path) => ({
      path,
      text: edit(readFileSync(join(golden, 'input', path), 'utf8')),
    }));
    const desired = parseConfiguration(texts);
    this.#breakBase(files.includes('base-broken.yaml'));
    if (this.#engine === undefined) {
      this.#engine = new Engine(
        {
          stages: this.#registry.stages,
          target: createMemoryTarget(),
          state: this.#state,
          clock: this.#clock,
          random: { next: () => 0.5 },
          withdrawAll: true,
          listener: () => this.#note(),
        },
        desired,
      );
      void this.#engine.run(this.#stop.signal);
    } else this.#engine.replace(desired);
    await this.#settle();
  }

  async release(revision: string): Promise<void> {
    this.#registry.revision = revision;
    await this.#clock.advance(2 * 60 * 60_000);
    await this.#settle();
  }

  conditions(name: string): readonly Condition[] {
    return this.#state.deliveries.find('deps', name)?.status.conditions ?? [];
  }

  ready(name: string): string {
    const ready = this.conditions(name).find(({ type }) => type === 'Ready');
    return `${ready?.reason} ${ready?.message}`;
  }

  said(name: string): readonly string[] {
    return this.#said.get(name) ?? [];
  }

  stop(): void {
    this.#stop.abort();
  }

  #breakBase(broken: boolean): void {
    if (broken) this.#registry.broken.add('base');
    else this.#registry.broken.delete('base');
  }

  #note(): void {
    for (const { name, status } of this.#state.deliveries.all()) {
      const ready = status.conditions.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'False') continue;
      const said = this.#said.get(name) ?? [];
      const text = `${ready.reason} ${ready.message}`;
      if (said.at(-1) !== text) this.#said.set(name, [...said, text]);
    }
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await settle();
    this.#note();
  }
}

describe.runIf(isThere)('dependsOn, as the real kustomize-controller has it', () => {
  // The first expression loads the library, which takes more turns than a test waits.
  beforeAll(async () => void (await compileExpression('true', {}, 'test')));

  it('says the same of a dependency that is not there, not ready, and behind', async () => {
    const scenario = new Scenario();
    await scenario.configure(['source.yaml']);
    await scenario.configure(['source.yaml', 'top.yaml']);
    await scenario.configure(['source.yaml', 'top.yaml', 'base-broken.yaml']);
    await scenario.configure(['source.yaml', 'top.yaml', 'base.yaml']);
    expect(scenario.ready('top')).toMatch(/^ReconciliationSucceeded /);
    await scenario.release('v2');
    expect(scenario.ready('top')).toMatch(/^ReconciliationSucceeded /);
    expect(scenario.said('top')).toEqual(saidBefore('top'));
    scenario.stop();
  });

  it('says the same of expressions, and takes up what the dependency becomes', async () => {
    const scenario = new Scenario();
    const files = ['source.yaml', 'base.yaml', 'expr.yaml', 'expr-invalid.yaml', 'expr-missing-key.yaml'];
    await scenario.configure(['source.yaml', 'base.yaml']);
    await scenario.configure(files);
    expect(scenario.said('expr')).toEqual(saidBefore('expr').slice(0, 1));
    expect(scenario.said('expr-missing-key')).toEqual(saidBefore('expr-missing-key'));
    // What the parser says is its own.
    const [parsed = ''] = scenario.said('expr-invalid');
    expect(parsed).toMatch(
      /^InvalidCELExpression failed to evaluate dependency base: failed to parse the CEL expression 'dep.metadata ==': /,
    );
    expect(saidBefore('expr-invalid')[0]).toMatch(
      /^InvalidCELExpression .*failed to parse the CEL expression 'dep.metadata =='/,
    );
    expect(scenario.conditions('expr-invalid').map(({ type }) => type)).toEqual(['Stalled', 'Ready']);
    await scenario.configure(files, (text) =>
      text.replace('name: base\n  namespace: deps', 'name: base\n  namespace: deps\n  labels: {phase: expr}'),
    );
    expect(scenario.ready('expr')).toMatch(/^ReconciliationSucceeded /);
    scenario.stop();
  });
});
