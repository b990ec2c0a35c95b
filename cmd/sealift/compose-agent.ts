import { join } from 'node:path';
import { type ImageLayout, openLayout, type UntaggingStore } from 'oci-client-ts';
import { type AgentParts, inForce } from '../../src/agent/index.ts';
import type { OciRepository } from '../../src/api/index.ts';
import { createUnpackStage, sweepTrees } from '../../src/artifact/index.ts';
import {
  createBuildStage,
  createChildProcessExec,
  type ExecLimits,
  sweepBuilds,
} from '../../src/build/index.ts';
import { type Clock, type EventListener, siteSubject, trustedNow } from '../../src/core/index.ts';
import { recordEvents } from '../../src/observe/index.ts';
import { type OpenStateStore, openStateStore, type TrustStore } from '../../src/site/index.ts';
import { createFetchStage, createResolveStage, localRepository } from '../../src/source/index.ts';
import {
  createFreshnessStage,
  createKeepingVerifyStage,
  createStandingStage,
  createTrustedRoots,
  createVerifyStage,
  type StandingPorts,
} from '../../src/verify/index.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import { type DecryptionOptions, decryptionSettings, keysDirectory } from './decryption-settings.ts';
import { openHousekeeping } from './open-housekeeping.ts';
import { RepositoryOpener } from './open-repository.ts';
import { openTarget } from './open-target.ts';
import { openTrust, tellTrust, trustDirectory } from './open-trust.ts';
import { systemClock, systemRandom } from './system-clock.ts';
import type { TargetPlace } from './target-option.ts';
import type { TenancySettings } from './tenancy-options.ts';

/** Results of builds that are kept for the next look at a delivery: a hundred deliveries of ten small objects take less than one of them. */
const buildCacheBytes = 8 * 1024 * 1024;

export interface AgentSettings extends DecryptionOptions, Partial<TenancySettings> {
  readonly target: TargetPlace;
  /** Path of the kustomize binary; looked for on the search path without it. */
  readonly kustomize?: string;
  /** What one run of kustomize or sops may cost; the defaults without it. */
  readonly buildLimits?: ExecLimits;
  /** `PATH` of the environment. */
  readonly searchPath: string;
  /** Lets a configuration without any delivery take back everything. Default false. */
  readonly withdrawAll?: boolean;
  /** Name of this site: an audience that artifacts may be signed for, beside those that policies list. */
  readonly siteName?: string;
  /** Variables that every build of this site may substitute. */
  readonly siteVariables?: Readonly<Record<string, string>>;
  /** A variable that has neither value nor default is an error. Default true. */
  readonly strictSubstitution?: boolean;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** A whole agent over real adapters, and the way to let go of it. */
export interface ComposedAgent {
  readonly parts: AgentParts;
  readonly state: OpenStateStore;
  readonly trust: TrustStore;
  /** Where its files are. */
  readonly trustDirectory: string;
  close(): Promise<void>;
}

type Stages = AgentParts['stages'];

interface Places {
  readonly state: OpenStateStore;
  readonly trust: TrustStore;
  readonly layout: ImageLayout;
  readonly trees: string;
  readonly builds: string;
}

function createStages(
  settings: AgentSettings,
  { state, trust, layout, trees, builds }: Places,
  opener: RepositoryOpener,
): Stages {
  const { kustomize, searchPath, clock = systemClock } = settings;
  const openRepository: RepositoryOpener['open'] = (source, desired) => opener.open(source, desired);
  const blobs = layout.repository();
  const openLocal = ({ metadata }: OciRepository): UntaggingStore =>
    layout.repository(localRepository(metadata));
  const roots = createTrustedRoots((name) => trust.read(name));
  const now = (): number => trustedNow(state.time.find() ?? { bound: 0 }, clock.now());
  const judging: StandingPorts = {
    stageOver: (open) => createVerifyStage({ openRepository: open, roots, now }),
    openRepository,
    openLocal,
    rootId: (name) => trust.idOf(name),
    rootSince: (name) => trust.since(name),
    now,
  };
  return {
    resolve: createResolveStage(openRepository),
    verify: createKeepingVerifyStage(judging),
    standing: createStandingStage(judging),
    freshness: createFreshnessStage(settings.siteName),
    fetch: createFetchStage(openRepository, openLocal),
    unpack: createUnpackStage({
      treesDirectory: trees,
      open: (layer, signal) => blobs.fetch(layer, { signal }),
    }),
    build: createBuildStage({
      exec: createChildProcessExec(settings.buildLimits),
      temporaryDirectory: builds,
      searchPath,
      programDirectory: import.meta.dirname,
      decryption: decryptionSettings(settings),
      cacheBytes: buildCacheBytes,
      siteVariables: settings.siteVariables ?? {},
      strictSubstitution: settings.strictSubstitution ?? true,
      ...(kustomize === undefined ? {} : { kustomize }),
    }),
  };
}

/**
 * Builds the agent of one site. What a killed process left half-done is swept away first.
 * @throws SealiftError STATE_UNUSABLE, DISK_FAILED.
 */
export async function composeAgent(
  settings: AgentSettings,
  listeners: readonly EventListener[],
): Promise<ComposedAgent> {
  const { clock = systemClock } = settings;
  const state = openStateStore(settings.stateDirectory);
  const opener = new RepositoryOpener();
  const trees = join(settings.stateDirectory, 'trees');
  const builds = join(settings.stateDirectory, 'builds');
  const layout = await openLayout(join(settings.stateDirectory, 'layout'));
  const { trust, news } = openTrust(settings.stateDirectory);
  await sweepTrees(trees, inForce(state.sources.all(), state.deliveries.all()).roots);
  await sweepBuilds(builds);
  await sweepBuilds(keysDirectory(settings));
  const { defaultServiceAccount, crossNamespaceRefs = true } = settings;
  const { kubeconfigLeave = { exec: false, insecureTls: false } } = settings;
  const ports: ClusterPorts = {
    traces: (server) => state.traces(server),
    clock,
    environment: settings.environment ?? {},
  };
  const { target, places, close: closeTarget } = await openTarget(settings.target, ports, kubeconfigLeave);
  const parts: AgentParts = {
    stages: createStages(settings, { state, trust, layout, trees, builds }, opener),
    target,
    ...(places === undefined ? {} : { places }),
    crossNamespaceRefs,
    ...(defaultServiceAccount === undefined ? {} : { defaultServiceAccount }),
    state,
    housekeeping: openHousekeeping(layout, trees),
    clock,
    random: systemRandom,
    withdrawAll: settings.withdrawAll ?? false,
    listener: recordEvents((event) => state.events.append(event), listeners),
  };
  for (const detail of state.faults)
    parts.listener({ kind: 'state-mended', detail, subject: siteSubject, at: clock.now() });
  tellTrust(parts, news);
  const close = async (): Promise<void> => {
    await closeTarget();
    await opener.close();
    state.close();
  };
  return { parts, state, trust, trustDirectory: trustDirectory(settings.stateDirectory), close };
}
