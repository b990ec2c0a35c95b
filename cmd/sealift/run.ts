import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { pino } from 'pino';
import { type Convergence, converge, Engine } from '../../src/agent/index.ts';
import type { DesiredState } from '../../src/api/index.ts';
import type { EventListener } from '../../src/core/index.ts';
import { createLogListener, createTerminalListener } from '../../src/observe/index.ts';
import {
  type ConfigurationNews,
  followConfiguration,
  parseConfiguration,
  readConfiguration,
} from '../../src/site/index.ts';
import { type ComposedAgent, composeAgent } from './compose-agent.ts';
import { exitCodeOf, formatFailure, Stopped } from './failure.ts';
import { stateDirectoryOption } from './options.ts';
import { targetDirectory } from './target-option.ts';

/** Where the configuration is looked for without `--config`. */
const defaultConfiguration = '/etc/sealift';

interface RunOptions {
  readonly config: string;
  readonly stateDir: string;
  readonly target?: string;
  readonly once?: boolean;
  readonly kustomize?: string;
  readonly logFormat: 'auto' | 'json' | 'text';
}

/** Lines for a person on a terminal, JSON for a machine everywhere else. */
export function outputListener(format: RunOptions['logFormat']): EventListener {
  const terminal = process.stdout.isTTY === true;
  if (format === 'json' || (format === 'auto' && !terminal)) {
    // Synchronous: the last line before an exit is the one that is looked for.
    const destination = pino.destination({ dest: 1, sync: true });
    const timestamp = (): string => `,"ts":"${new Date().toISOString()}"`;
    const formatters = { level: (level: string) => ({ level }) };
    return createLogListener(pino({ base: null, timestamp, formatters }, destination));
  }
  const color = terminal && process.env['NO_COLOR'] === undefined;
  return createTerminalListener((line) => process.stdout.write(line), { color });
}

/** Reads and checks a configuration. @throws SealiftError CONFIG_INVALID. */
export async function loadConfiguration(path: string): Promise<DesiredState> {
  return parseConfiguration(await readConfiguration(path));
}

const site = { kind: 'Site', namespace: '', name: '' } as const;

function tellLoaded({ parts }: ComposedAgent, { sources, deliveries, policies }: DesiredState): void {
  const counts = { sources: sources.length, deliveries: deliveries.length, policies: policies.length };
  parts.listener({ kind: 'configuration-loaded', ...counts, subject: site, at: Date.now() });
}

/** Converges once; prints what failed and sets the exit code of the first failure. */
export async function runOnce(
  agent: ComposedAgent,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Convergence> {
  tellLoaded(agent, desired);
  const convergence = await converge(agent.parts, desired, signal);
  for (const { subject, error } of convergence.failures) process.stderr.write(formatFailure(error, subject));
  const [first] = convergence.failures;
  if (first !== undefined) process.exitCode = exitCodeOf(first.error);
  return convergence;
}

/** What became of the configuration, told and taken into force. */
function tell(news: ConfigurationNews, agent: ComposedAgent, engine: Engine): void {
  if (news.kind === 'loaded') {
    tellLoaded(agent, news.desired);
    engine.replace(news.desired);
    return;
  }
  const { code, message } = news.error;
  agent.parts.listener({ kind: 'configuration-refused', code, message, subject: site, at: Date.now() });
}

/** Works until the signal aborts. */
export async function runUntilStopped(
  configuration: string,
  agent: ComposedAgent,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<void> {
  tellLoaded(agent, desired);
  const engine = new Engine(agent.parts, desired);
  const following = followConfiguration(configuration, desired, (news) => tell(news, agent, engine), signal);
  await Promise.all([engine.run(signal), following]);
}

/** Aborts on SIGINT and SIGTERM; a second one ends the process by the system's default. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Stopped(`stopped by ${name} before it was done`)));
  return stop.signal;
}

async function run(options: RunOptions): Promise<void> {
  const desired = await loadConfiguration(options.config);
  const target = options.target ?? `dir:${join(options.stateDir, 'delivered')}`;
  const settings = {
    stateDirectory: options.stateDir,
    targetDirectory: targetDirectory(target),
    searchPath: process.env['PATH'] ?? '',
    ...(options.kustomize === undefined ? {} : { kustomize: options.kustomize }),
  };
  const agent = await composeAgent(settings, [outputListener(options.logFormat)]);
  const signal = stopSignal();
  try {
    if (options.once === true) await runOnce(agent, desired, signal);
    else await runUntilStopped(options.config, agent, desired, signal);
  } finally {
    await agent.close();
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  program
    .command('run')
    .description('run the agent: poll, verify, build, apply, watch, report')
    .option(
      '--config <path>',
      'file or directory with the configuration; read again when it changes',
      defaultConfiguration,
    )
    .addOption(stateDirectoryOption())
    .option(
      '--target <target>',
      'where objects go, as dir:PATH (default: "delivered" in the state directory)',
    )
    .option('--once', 'converge and exit: 0, or the code of what failed')
    .option('--kustomize <file>', 'kustomize binary; looked for on the PATH without it')
    .addOption(
      new Option('--log-format <format>', 'how to log').choices(['auto', 'json', 'text']).default('auto'),
    )
    .action(run);
}
