import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { SealiftError } from '../../src/core/index.ts';
import { addBuildLimitOptions, type BuildLimitOptions, buildLimits } from './build-limit-options.ts';
import type { AgentSettings } from './compose-agent.ts';
import { stateDirectoryOption } from './options.ts';
import { addSiteFactsOptions, type SiteFactsOptions, siteFactsOf } from './site-facts-options.ts';
import { addSubstitutionOptions, type SubstitutionOptions } from './substitution-options.ts';
import { targetPlace } from './target-option.ts';
import { addTenancyOptions, type TenancyOptions, tenancySettings } from './tenancy-options.ts';

/** Where the configuration is looked for without `--config`. */
const defaultConfiguration = '/etc/sealift';

/** What an agent is made of, as commander reads it. */
export interface AgentOptions
  extends BuildLimitOptions,
    SiteFactsOptions,
    SubstitutionOptions,
    TenancyOptions {
  readonly config: string;
  readonly stateDir: string;
  readonly target?: string;
  readonly kustomize?: string;
  readonly sops?: string;
  readonly sopsAgeKeyFile?: string;
}

/** Adds the options that say which site it is, what it delivers and where. */
export function addAgentOptions(command: Command): Command {
  addSiteFactsOptions(command)
    .option(
      '--config <path>',
      'file or directory with the configuration; read again when it changes',
      defaultConfiguration,
    )
    .addOption(stateDirectoryOption())
    .option(
      '--target <target>',
      'where objects go: dir:PATH, kubeconfig:PATH[#CONTEXT], or cluster, the one it runs in (default: "delivered" in the state directory)',
    )
    .option('--kustomize <file>', 'kustomize binary; looked for on the PATH without it')
    .option('--sops <file>', 'sops binary, for keys other than age; looked for on the PATH without it')
    .option(
      '--sops-age-key-file <file>',
      'age identities of this site, for deliveries that decrypt and name no Secret',
    );
  return addTenancyOptions(addBuildLimitOptions(addSubstitutionOptions(command)));
}

/** What the agent writes must not be read as configuration. */
function refuseOverlap(configuration: string, written: readonly string[]): void {
  const inside = written.find((path) => !relative(resolve(configuration), path).startsWith('..'));
  if (inside === undefined) return;
  const detail = `expected a place outside the configuration ${resolve(configuration)}, which is read as a whole`;
  throw new SealiftError('USAGE', inside, detail);
}

/** What the options mean. @throws SealiftError USAGE, CONFIG_INVALID. */
export async function agentSettings(options: AgentOptions): Promise<AgentSettings> {
  const stateDirectory = resolve(options.stateDir);
  const target = targetPlace(options.target ?? `dir:${join(stateDirectory, 'delivered')}`);
  const written = target.kind === 'directory' ? [stateDirectory, target.path] : [stateDirectory];
  refuseOverlap(options.config, written);
  const facts = await siteFactsOf(options);
  const { kustomize, sops, sopsAgeKeyFile } = options;
  return {
    stateDirectory,
    target,
    searchPath: process.env['PATH'] ?? '',
    environment: process.env,
    buildLimits: buildLimits(options),
    ...tenancySettings(options, target),
    ...(kustomize === undefined ? {} : { kustomize }),
    ...(sops === undefined ? {} : { sops }),
    ...(sopsAgeKeyFile === undefined ? {} : { sopsAgeKeyFile }),
    siteVariables: facts.variables,
    strictSubstitution: options.strictSubstitute,
    ...(facts.name === undefined ? {} : { siteName: facts.name }),
  };
}
