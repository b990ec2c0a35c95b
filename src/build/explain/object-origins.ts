import { formatJson, SealiftError } from '../../core/index.ts';
import type { KustomizationFile } from '../kustomization/kustomization-file.ts';
import { type KustomizeRun, runKustomize } from '../kustomize/kustomize-run.ts';
import type { ObjectOrigin } from '../objects/built-object.ts';
import type { YamlReading } from '../yaml/yaml-readings.ts';
import { OriginSources, readOrigins, withOriginMetadata } from './origins.ts';
import { hasPatches, PatchMarks } from './patch-marks.ts';

/** What a build was made of. */
export interface BuiltFrom {
  /** The kustomization that was built. */
  readonly own: KustomizationFile;
  /** The others that it led to. */
  readonly others: readonly KustomizationFile[];
  /** The text of a file as kustomize was given it. */
  readonly read: (path: string) => Promise<string>;
}

async function writeKustomizations(
  { workspace }: KustomizeRun,
  { own, others, read }: BuiltFrom,
  marks: PatchMarks | undefined,
): Promise<void> {
  for (const file of [...others.filter(({ value }) => hasPatches(value)), own]) {
    const value = marks === undefined ? file.value : await marks.mark(file, read);
    workspace.write(file.path, formatJson(file === own ? withOriginMetadata(value) : value));
  }
}

interface Marked {
  readonly documents: Iterable<YamlReading>;
  readonly marks: PatchMarks | undefined;
}

/** With marks of patches, unless kustomize cannot build with them. */
async function buildMarked(run: KustomizeRun, from: BuiltFrom, signal: AbortSignal): Promise<Marked> {
  try {
    const marks = new PatchMarks();
    await writeKustomizations(run, from, marks);
    const { documents } = await runKustomize(run, true, signal);
    return { documents, marks };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof SealiftError)) throw thrown;
  }
  await writeKustomizations(run, from, undefined);
  const { documents } = await runKustomize(run, true, signal);
  return { documents, marks: undefined };
}

/** Builds once more, with kustomize's annotations about origins and marks of patches; what both say of each document that it prints. */
export async function originsOf(
  run: KustomizeRun,
  from: BuiltFrom,
  signal: AbortSignal,
): Promise<readonly (ObjectOrigin | undefined)[]> {
  const { documents, marks } = await buildMarked(run, from, signal);
  const sources = new OriginSources(run.read.places, run.directory);
  const origins: (ObjectOrigin | undefined)[] = [];
  for (const told of readOrigins(documents, marks)) {
    signal.throwIfAborted();
    origins.push(told === undefined ? undefined : await sources.resolve(told));
  }
  return origins;
}
