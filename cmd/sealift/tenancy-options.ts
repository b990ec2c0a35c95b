import type { Command } from 'commander';
import type { AgentParts } from '../../src/agent/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import type { KubeconfigLeave } from '../../src/target/index.ts';
import type { TargetPlace } from './target-option.ts';

/** As commander reads them. */
export interface TenancyOptions {
  readonly defaultServiceAccount?: string;
  readonly defaultKubeconfigServiceAccount?: string;
  readonly crossNamespaceRefs: boolean;
  readonly insecureKubeconfigExec: boolean;
  readonly insecureKubeconfigTls: boolean;
}

/** What those who write deliveries may do, who are not those who run the agent. */
export interface TenancySettings extends Pick<AgentParts, 'defaultServiceAccount' | 'crossNamespaceRefs'> {
  readonly kubeconfigLeave: KubeconfigLeave;
}

/** Adds the options, named as those of kustomize-controller. */
export function addTenancyOptions(command: Command): Command {
  return command
    .option(
      '--default-service-account <name>',
      'service account to act as, in the namespace of the delivery, where it names none',
    )
    .option(
      '--default-kubeconfig-service-account <name>',
      'service account whose token another cluster is shown, in the namespace of the delivery, where the ConfigMap of kubeConfig.configMapRef names none',
    )
    .option('--no-cross-namespace-refs', 'refuse deliveries whose source is in another namespace')
    .option(
      '--insecure-kubeconfig-exec',
      'let kubeconfigs of Secrets run programs of this machine for their credentials',
      false,
    )
    .option(
      '--insecure-kubeconfig-tls',
      'let kubeconfigs of Secrets name servers that need not prove who they are',
      false,
    );
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const accountName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What the options mean. @throws SealiftError USAGE. */
export function tenancySettings(options: TenancyOptions, { kind }: TargetPlace): TenancySettings {
  const { defaultServiceAccount, defaultKubeconfigServiceAccount: account } = options;
  checkAccount('--default-service-account', defaultServiceAccount, kind);
  checkAccount('--default-kubeconfig-service-account', account, kind);
  return {
    crossNamespaceRefs: options.crossNamespaceRefs,
    kubeconfigLeave: {
      exec: options.insecureKubeconfigExec,
      insecureTls: options.insecureKubeconfigTls,
      ...(account === undefined ? {} : { account }),
    },
    ...(defaultServiceAccount === undefined ? {} : { defaultServiceAccount }),
  };
}

function checkAccount(option: string, account: string | undefined, kind: TargetPlace['kind']): void {
  if (account === undefined) return;
  const subject = `${option} ${account}`;
  if (kind === 'directory')
    throw new SealiftError('USAGE', subject, 'expected a cluster as the target, got a directory');
  if (account.length > 253 || !accountName.test(account))
    throw new SealiftError('USAGE', subject, 'expected the name of a service account');
}
