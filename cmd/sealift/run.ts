import { join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SealiftError } from '../../src/core/index.ts';
import { addBuildLimitOptions, type BuildLimitOptions, buildLimits } from './build-limit-options.ts';
import { composeAgent } from './compose-agent.ts';
import { stateDirectoryOption } from './options.ts';
import { type LogFormat, outputListener } from './output-listener.ts';
import { loadStillConfiguration, runOnce, runUntilStopped, tellLoaded } from './run-agent.ts';
import { addSiteFactsOptions, type SiteFactsOptions, siteFactsOf } from './site-facts-options.ts';
import { stopSignal } from './stop-signal.ts';
import { addSubstitutionOptions, type SubstitutionOptions } from './substitution-options.ts';
import { targetDirectory } from './target-option.ts';

/** Where the configuration is looked for without `--config`. */
const defaultConfiguration = '/etc/sealift';

interface RunOptions extends BuildLimitOptions, SiteFactsOptions, SubstitutionOptions {
  readonly config: string;
  readonly stateDir: string;
  readonly target?: string;
  readonly once?: boolean;
  readonly kustomize?: string;
  readonly sops?: string;
  readonly sopsAgeKeyFile?: string;
  readonly withdrawAll: boolean;
  readonly logFormat: LogFormat;
}

/** What the agent writes must not be read as configuration. */
function refuseOverlap(configuration: string, written: readonly string[]): void {
  const inside = written.find((path) => !relative(resolve(configuration), path).startsWith('..'));
  if (inside === undefined) return;
  const detail = `expected a place outside the configuration ${resolve(configuration)}, which is read as a whole`;
  throw new SealiftError('USAGE', inside, detail);
}

async function run(options: RunOptions): Promise<void> {
  const stateDirectory = resolve(options.stateDir);
  const target = targetDirectory(options.target ?? `dir:${join(stateDirectory, 'delivered')}`);
  refuseOverlap(options.config, [stateDirectory, target]);
  const once = options.once === true;
  const signal = stopSignal();
  const desired = await loadStillConfiguration(options.config, { once }, signal);
  const facts = await siteFactsOf(options);
  const settings = {
    stateDirectory,
    targetDirectory: target,
    withdrawAll: options.withdrawAll,
    searchPath: process.env['PATH'] ?? '',
    environment: process.env,
    buildLimits: buildLimits(options),
    ...(options.kustomize === undefined ? {} : { kustomize: options.kustomize }),
    ...(options.sops === undefined ? {} : { sops: options.sops }),
    ...(options.sopsAgeKeyFile === undefined ? {} : { sopsAgeKeyFile: options.sopsAgeKeyFile }),
    siteVariables: facts.variables,
    strictSubstitution: options.strictSubstitute,
    ...(facts.name === undefined ? {} : { siteName: facts.name }),
  };
  const agent = await composeAgent(settings, [outputListener(options.logFormat)]);
  try {
    tellLoaded(agent, desired);
    if (once) await runOnce(agent, desired, signal);
    else await runUntilStopped(options.config, agent, desired, signal);
  } finally {
    await agent.close();
  }
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('run')
    .description('run the agent: poll, verify, build, apply, watch, report');
  addSiteFactsOptions(command)
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
    .option(
      '--withdraw-all',
      'let a configuration without any delivery take back everything that was delivered',
      false,
    )
    .option('--kustomize <file>', 'kustomize binary; looked for on the PATH without it')
    .option('--sops <file>', 'sops binary, for keys other than age; looked for on the PATH without it')
    .option(
      '--sops-age-key-file <file>',
      'age identities of this site, for deliveries that decrypt and name no Secret',
    )
    .addOption(
      new Option(
        '--log-format <format>',
        'lines for people (text), JSON for programs, or by who reads: text on a terminal',
      )
        .choices(['auto', 'json', 'text'])
        .default('auto'),
    );
  addBuildLimitOptions(addSubstitutionOptions(command)).action(run);
}
