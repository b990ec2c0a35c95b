import { asSealiftError, SealiftError } from '../../core/index.ts';
import type { Exec } from '../programs/exec.ts';
import { childPath } from '../tree/tree.ts';
import type { YamlReading } from '../yaml/yaml-readings.ts';
import { duplicateError, type ReadTree } from './duplicate.ts';
import { readOutcome } from './kustomize-outcome.ts';
import { PrintedDocuments } from './printed-documents.ts';
import type { Workspace } from './workspace.ts';

/** A private copy of a tree in which kustomize builds. */
export interface KustomizeRun {
  readonly exec: Exec;
  /** Absolute path of kustomize. */
  readonly kustomize: string;
  readonly workspace: Workspace;
  /** Removes the workspace; again is the same as once. */
  readonly remove: () => Promise<void>;
  /** Directory that is built, in the tree. */
  readonly directory: string;
  /** The kustomization that is built, for messages. */
  readonly file: string;
  readonly read: ReadTree;
}

export interface Printed {
  readonly documents: Iterable<YamlReading>;
  /** Its warnings. */
  readonly messages: readonly string[];
}

/** The same removal, however often it is asked for. */
export function removalOf(workspace: Workspace): () => Promise<void> {
  let removed: Promise<void> | undefined;
  return () => {
    removed ??= workspace.remove();
    // Whoever waits for it is told; until somebody does, it may have failed already.
    removed.catch(() => undefined);
    return removed;
  };
}

/** Builds what is in the workspace. `isLast`: nothing more is done there when this succeeds. */
export async function runKustomize(
  run: KustomizeRun,
  isLast: boolean,
  signal: AbortSignal,
): Promise<Printed> {
  const { exec, kustomize, workspace, file, read, remove } = run;
  const printed = new PrintedDocuments(file);
  const running = exec.run(
    {
      program: kustomize,
      args: ['build', '--load-restrictor', 'LoadRestrictionsNone', childPath(workspace.root, run.directory)],
      directory: workspace.root,
      home: workspace.home,
      outputPauses: (stdout) => {
        printed.readAhead(stdout);
        // It has read all files by then; while it ends they go.
        if (isLast) void remove();
      },
    },
    signal,
  );
  const outcome = await running.catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw asSealiftError(thrown, kustomize, 'KUSTOMIZE_FAILED');
  });
  try {
    const { stdout, messages } = readOutcome(outcome, file, workspace.root);
    return { documents: printed.of(stdout), messages };
  } catch (thrown) {
    if (!(thrown instanceof SealiftError)) throw thrown;
    // What cannot be looked up changes nothing about what kustomize said.
    throw await duplicateError(thrown, read).catch(() => thrown);
  }
}
