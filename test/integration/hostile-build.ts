import { siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';
import { SealiftError } from '../../src/core/index.ts';

export interface HostileTree {
  readonly root: string;
  /** Where builds work. */
  readonly builds: string;
  readonly kustomize: string;
  /** The limit of its memory. */
  readonly memoryBytes: number;
}

/** What became of a tree. */
export interface Refusal {
  /** Of a tree that is built all the same. */
  readonly objects?: number;
  readonly code?: string;
  readonly message?: string;
  readonly ms: number;
}

/** Builds a tree that should be refused. */
export async function buildHostile({ root, builds, kustomize, memoryBytes }: HostileTree): Promise<Refusal> {
  const delivery = siteObjectSchema.parse({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'shop' },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } },
  });
  if (delivery.kind !== 'Kustomization') throw new Error('expected a Kustomization');
  const origin = { revision: 'v1@sha256:00', digest: 'sha256:00', files: 0, bytes: 0 };
  const artifact = { ...origin, root, annotations: {}, skipped: [] };
  const desired = { sources: [], deliveries: [], policies: [], secrets: [], configMaps: [] };
  const stage = createBuildStage({
    exec: createChildProcessExec({ memoryBytes, timeMs: 50_000 }),
    temporaryDirectory: builds,
    searchPath: '',
    kustomize,
  });
  const started = performance.now();
  const built = await stage
    .build({ delivery, artifact, desired }, new AbortController().signal)
    .then(({ objects }) => ({ objects: objects.length }))
    .catch((thrown: unknown) => {
      if (thrown instanceof SealiftError) return { code: thrown.code, message: thrown.message };
      throw thrown;
    });
  return { ...built, ms: performance.now() - started };
}
