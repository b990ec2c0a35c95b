import { tmpdir } from 'node:os';
import { type Command, Option } from 'commander';
import type { SitePlan } from '../../src/agent/index.ts';
import type { DesiredState, Kustomization } from '../../src/api/index.ts';
import { differs } from '../../src/apply/index.ts';
import { makePrivateDirectory, removePrivateDirectory, sweepBuilds } from '../../src/build/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { type AgentOptions, addAgentOptions, agentSettings } from './agent-options.ts';
import { exitCodeOf, formatFailure } from './failure.ts';
import { formatPlan, type PlanFormat } from './format-plan.ts';
import { loadStillConfiguration } from './run-agent.ts';
import { planGivenTree, planRun } from './site-plan.ts';
import { stopSignal } from './stop-signal.ts';

interface PlanOptions extends AgentOptions {
  readonly output: PlanFormat;
  readonly exitCode: boolean;
  /** A tree in the place of what the source of the delivery has. */
  readonly from?: string;
  readonly insecure: boolean;
}

/** Of the whole site, or of one delivery; what concerns no single delivery is said either way. */
function partOf(plan: SitePlan, delivery: string | undefined): SitePlan {
  if (delivery === undefined) return plan;
  const isIt = ({ namespace, name }: { readonly namespace: string; readonly name: string }): boolean =>
    `${namespace}/${name}` === delivery;
  const part = {
    deliveries: plan.deliveries.filter(isIt),
    waiting: plan.waiting.filter(isIt),
    failures: plan.failures.filter(({ subject }) => subject.kind !== 'Kustomization' || isIt(subject)),
  };
  const told = part.failures.some(({ subject }) => subject.kind === 'Kustomization');
  if (part.deliveries.length + part.waiting.length > 0 || told) return part;
  throw new SealiftError('OBJECT_NOT_FOUND', `Kustomization/${delivery}`, 'not found in the configuration');
}

/** The delivery that a tree is for. */
function chosen({ deliveries }: DesiredState, name: string | undefined): Kustomization {
  const nameOf = ({ metadata }: Kustomization): string => `${metadata.namespace}/${metadata.name}`;
  const [first, ...rest] = deliveries.filter((one) => name === undefined || nameOf(one) === name);
  if (first !== undefined && rest.length === 0) return first;
  const there = deliveries.map(nameOf).join(', ') || 'none';
  if (name === undefined)
    throw new SealiftError('USAGE', '--from', `expected one Kustomization, or the name of one, got ${there}`);
  throw new SealiftError('OBJECT_NOT_FOUND', `Kustomization/${name}`, 'not found in the configuration');
}

/** With `--exit-code`, 1 says that there is a difference, as `kubectl diff` says it; what failed is 2 or more then. */
function exitCode({ deliveries, failures }: SitePlan, isAsked: boolean): number {
  const [first] = failures;
  if (first !== undefined) return isAsked ? Math.max(2, exitCodeOf(first.error)) : exitCodeOf(first.error);
  return isAsked && deliveries.some(differs) ? 1 : 0;
}

async function plan(delivery: string | undefined, options: PlanOptions): Promise<void> {
  const signal = stopSignal();
  const settings = await agentSettings(options);
  const { desired } = await loadStillConfiguration(options.config, { once: true }, signal);
  await sweepBuilds(tmpdir()).catch(() => undefined);
  const directory = await makePrivateDirectory(tmpdir());
  try {
    const { from, insecure } = options;
    const made =
      from === undefined
        ? partOf(await planRun(settings, desired, directory, signal), delivery)
        : await planGivenTree(
            settings,
            { delivery: chosen(desired, delivery), desired, from, insecure },
            directory,
            signal,
          );
    process.stdout.write(formatPlan(made, options.output));
    for (const { subject, error } of made.failures) process.stderr.write(formatFailure(error, subject));
    process.exitCode = exitCode(made, options.exitCode);
  } finally {
    await removePrivateDirectory(directory);
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('plan')
    .alias('diff')
    .description('show what a pass of the agent would create, change and delete; changes nothing')
    .argument('[delivery]', 'NAMESPACE/NAME of a Kustomization; all of them without it');
  addAgentOptions(command)
    .option(
      '--from <tree>',
      'plan one delivery with a directory or an artifact, as `sealift build` takes them, in the place of what its source has',
    )
    .option('--insecure', 'with --from: speak plain HTTP to a registry that is not on loopback', false)
    .option('--exit-code', 'exit with 1 where there is a difference, and with 2 or more on failure', false)
    .addOption(
      new Option('-o, --output <format>', 'how to print').choices(['text', 'json', 'yaml']).default('text'),
    )
    .action(plan);
}
