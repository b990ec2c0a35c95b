import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import * as z from 'zod';
import {
  createBuildStage,
  createChildProcessExec,
  makePrivateDirectory,
  removePrivateDirectory,
  sweepBuilds,
  type TracedBuild,
} from '../../src/build/index.ts';
import { asSealiftError } from '../../src/core/index.ts';
import { type DeliveryOptions, readBuildInput } from './build-input.ts';
import { addBuildLimitOptions, type BuildLimitOptions, buildLimits } from './build-limit-options.ts';
import { decryptionSettings } from './decryption-settings.ts';
import { formatBuild } from './format-build.ts';
import { type AgeKeys, decryptedByGivenKeys, givenAgeKeys } from './given-age-keys.ts';
import { openTree } from './open-tree.ts';
import { addSiteFactsOptions, type SiteFactsOptions, siteFactsOf } from './site-facts-options.ts';
import { stopSignal } from './stop-signal.ts';
import { addSubstitutionOptions, type SubstitutionOptions } from './substitution-options.ts';
import { addDemandOptions, type VerifyOptions } from './verify.ts';

interface BuildOptions
  extends BuildLimitOptions,
    DeliveryOptions,
    SiteFactsOptions,
    SubstitutionOptions,
    Omit<VerifyOptions, 'output'> {
  readonly output: 'yaml' | 'json';
  readonly explain: boolean;
  readonly showSecrets: boolean;
  readonly kustomize?: string;
  readonly sops?: string;
  readonly sopsAgeKeyFile?: string;
}

/** What the artifact is judged by; `undefined` when no option asks for a verdict. */
function demandOf({ output: _, ...options }: BuildOptions): VerifyOptions | undefined {
  const asked = [
    options.key,
    options.certificateIdentity,
    options.certificateIdentityRegexp,
    options.certificateOidcIssuer,
    options.certificateOidcIssuerRegexp,
    options.trustedRoot,
    options.source,
  ].some((option) => option !== undefined);
  return asked || options.policy.length > 0 ? { ...options, output: 'json' } : undefined;
}

async function stageIn(directory: string, options: BuildOptions, keys: AgeKeys | undefined) {
  const { kustomize, sops } = options;
  const decryption = {
    stateDirectory: directory,
    environment: process.env,
    ...(sops === undefined ? {} : { sops }),
  };
  const { variables } = await siteFactsOf(options);
  return createBuildStage({
    siteVariables: variables,
    strictSubstitution: options.strictSubstitute,
    exec: createChildProcessExec(buildLimits(options)),
    temporaryDirectory: join(directory, 'builds'),
    searchPath: process.env['PATH'] ?? '',
    programDirectory: import.meta.dirname,
    decryption: { ...decryptionSettings(decryption), ...keys, privateDirectory: join(directory, 'builds') },
    ...(kustomize === undefined ? {} : { kustomize }),
  });
}

async function traceIn(
  directory: string,
  from: string,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<TracedBuild> {
  const keys = givenAgeKeys(options.sopsAgeKeyFile, process.env);
  const given = await readBuildInput(options);
  const input = keys === undefined ? given : decryptedByGivenKeys(given, options.file.length === 0);
  const { insecure, explain, showSecrets } = options;
  const stage = await stageIn(directory, options, keys);
  const artifact = await openTree({ from, input, demand: demandOf(options), insecure, directory }, signal);
  return stage.trace({ ...input, artifact }, { explain, showSecrets }, signal);
}

/** What a command that was killed left behind. It is in nobody's way: to fail on it would help nobody. */
async function sweepLeftovers(): Promise<void> {
  await sweepBuilds(tmpdir()).catch((thrown: unknown) => {
    process.stderr.write(`warning: ${asSealiftError(thrown, tmpdir()).message}\n`);
  });
}

async function build(from: string, options: BuildOptions): Promise<void> {
  // Each schema is used once or twice here: compiling it takes longer than it saves.
  z.config({ jitless: true });
  await sweepLeftovers();
  const directory = await makePrivateDirectory(tmpdir());
  try {
    const traced = await traceIn(directory, from, options, stopSignal());
    for (const warning of traced.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(formatBuild(traced, options));
  } finally {
    await removePrivateDirectory(directory);
  }
}

const collect = (text: string, known: readonly string[]): readonly string[] => [...known, text];

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('build')
    .description('print the objects that a delivery would make; needs no agent, and applies nothing')
    .argument(
      '<from>',
      'a directory, or oci://HOST/REPOSITORY, oci-layout:DIRECTORY or oci-archive:FILE with :TAG or @DIGEST',
    )
    .option(
      '-f, --file <path>',
      'file or directory with the Kustomization, and the ConfigMaps and Secrets it names; may be repeated',
      collect,
      [],
    )
    .option('--delivery <namespace/name>', 'with -f: which Kustomization, where there are several')
    .option('--var <key=value>', 'a variable to substitute, over all others; may be repeated', collect, [])
    .option('--path <path>', 'directory inside the tree, over that of the Kustomization')
    .option(
      '--explain',
      'say for each object where it comes from, which patches were applied and what it went through',
      false,
    )
    .option('--show-secrets', 'print what was decrypted, instead of ***', false)
    .option('--kustomize <file>', 'kustomize binary; looked for on the PATH without it')
    .option('--sops <file>', 'sops binary, for keys other than age; looked for on the PATH without it')
    .option(
      '--sops-age-key-file <file>',
      'age identities, where no Secret with keys is given; SOPS_AGE_KEY_FILE and SOPS_AGE_KEY without it',
    );
  addBuildLimitOptions(addSubstitutionOptions(addSiteFactsOptions(addDemandOptions(command))))
    .option('--insecure', 'speak plain HTTP to a registry that is not on loopback', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
    .action(build);
}
