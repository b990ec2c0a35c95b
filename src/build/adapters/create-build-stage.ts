import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import type { BuildOutput } from '../../api/index.ts';
import { BuildCache } from '../cache/build-cache.ts';
import { buildCached } from '../cache/cached-build.ts';
import type { KeyText } from '../decryption/key-material.ts';
import type { TracedBuild } from '../objects/traced-build.ts';
import type { Exec } from '../programs/exec.ts';
import { maskDecrypted } from '../secrets/mask.ts';
import { type BuildPorts, type BuildRequest, buildObjects, traceObjects } from '../stage/build-stage.ts';
import { openDiskTree } from './disk-tree.ts';
import { type KustomizeLookup, kustomizeLookup } from './find-kustomize.ts';
import { requireNamed } from './find-program.ts';
import { readAgeKeys } from './read-age-keys.ts';
import { createSopsProgram } from './sops-program.ts';
import { createTemporaryWorkspaces } from './temporary-workspaces.ts';

/** How `spec.decryption` is served. */
export interface DecryptionSettings {
  /** Path of the sops binary; looked for on the search path without it. */
  readonly sops?: string;
  /** File with age identities for deliveries that name no Secret; read for each of their builds. */
  readonly ageKeyFile?: string;
  /** More of them, with where they come from for messages. */
  readonly ageKeys?: KeyText;
  /** Where keys are written to while sops runs; the temporary directory without it. */
  readonly privateDirectory?: string;
  /** Variables that sops needs to reach clouds. Default none. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface BuildSettings extends KustomizeLookup {
  readonly exec: Exec;
  /** Where trees with a kustomization are copied to while they are built. */
  readonly temporaryDirectory: string;
  readonly decryption?: DecryptionSettings;
  /** Bytes of results that are kept in memory, about; without it every build is work. */
  readonly cacheBytes?: number;
  /** Variables of the site; those of a delivery win. Default none. */
  readonly siteVariables?: Readonly<Record<string, string>>;
  /** A variable that has neither value nor default is an error; otherwise it leaves nothing, with a warning. Default true. */
  readonly strictSubstitution?: boolean;
}

export interface BuildStage {
  /**
   * The objects of a delivery, in apply order. Kustomize is needed only for trees with a kustomization file and for
   * deliveries that ask for a transformation, sops only for keys that are not age.
   * @throws SealiftError; the codes are in docs/errors.md. Rejects with the signal's reason when aborted.
   */
  build(request: BuildRequest, signal: AbortSignal): Promise<BuildOutput>;
  /**
   * As `build`, with the way of each object for people to read. With `explain` kustomize is asked twice, the second time for
   * origins; without `showSecrets` values are `***` that were or may have been encrypted.
   */
  trace(request: BuildRequest, asked: TraceOptions, signal: AbortSignal): Promise<TracedBuild>;
}

export interface TraceOptions {
  readonly explain: boolean;
  readonly showSecrets: boolean;
}

function sopsPort(settings: BuildSettings): BuildPorts['sops'] {
  const { exec, searchPath, temporaryDirectory, decryption = {} } = settings;
  const { sops, privateDirectory = temporaryDirectory, environment = {} } = decryption;
  const lookup = { name: 'sops', searchPath, ...(sops === undefined ? {} : { named: sops }) };
  return createSopsProgram({
    exec,
    privateDirectory,
    environment,
    find: () => requireNamed(lookup, 'SOPS_NOT_FOUND'),
  });
}

/** Another program under the same path differs in one of these. At once: another thread takes several times as long, on a busy machine many times. */
async function identifyProgram(path: string): Promise<string> {
  const { ino, size, mtimeMs } = statSync(path);
  return [path, ino, size, mtimeMs].join('\n');
}

function openCache(limit: number | undefined): BuildCache | undefined {
  return limit === undefined ? undefined : new BuildCache({ limit, secret: randomBytes(32) });
}

/** The build stage on real files and real programs. */
export function createBuildStage(settings: BuildSettings): BuildStage {
  const { ageKeyFile, ageKeys } = settings.decryption ?? {};
  const { searchPath, programDirectory, kustomize } = settings;
  const lookup = kustomizeLookup({
    searchPath,
    ...(programDirectory === undefined ? {} : { programDirectory }),
    ...(kustomize === undefined ? {} : { kustomize }),
  });
  const ports: BuildPorts = {
    openTree: openDiskTree,
    findKustomize: () => requireNamed(lookup, 'KUSTOMIZE_NOT_FOUND'),
    siteVariables: settings.siteVariables ?? {},
    strictSubstitution: settings.strictSubstitution ?? true,
    workspaces: createTemporaryWorkspaces(settings.temporaryDirectory),
    exec: settings.exec,
    sops: sopsPort(settings),
    siteAgeKeys: async () => {
      const ofFile = ageKeyFile === undefined ? [] : [await readAgeKeys(ageKeyFile)];
      return ageKeys === undefined ? ofFile : [...ofFile, ageKeys];
    },
  };
  const cache = openCache(settings.cacheBytes);
  return {
    build: (request, signal) =>
      cache === undefined
        ? buildObjects(ports, request, signal)
        : buildCached({ ...ports, cache, identify: identifyProgram }, request, signal),
    trace: async (request, { explain, showSecrets }, signal) => {
      const traced = await traceObjects(ports, request, explain, signal);
      const shown = showSecrets || request.delivery.spec.decryption === undefined;
      return shown ? traced : maskDecrypted(traced);
    },
  };
}
