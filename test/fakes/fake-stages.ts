import type { AgentParts } from '../../src/agent/index.ts';
import type { Verdict } from '../../src/api/index.ts';
import { type KubernetesObject, SealiftError } from '../../src/core/index.ts';

type Stages = AgentParts['stages'];

/** A registry as the engine's stages see it: what each tag names, who signed it, what it builds to. Set it and poll again. */
export class FakeStages {
  revision = 'v1';
  verdict: 'accepted' | 'refused' | 'not-required' = 'accepted';
  objects: readonly KubernetesObject[] = [];
  /** The same, for deliveries that build to something else. */
  readonly objectsOf = new Map<string, readonly KubernetesObject[]>();
  /** Deliveries that do not build. */
  readonly broken = new Set<string>();
  /** Thrown by the stage of that name. */
  readonly failing = new Map<keyof Stages | 'judge', SealiftError>();
  /** Calls of each stage. */
  readonly calls = { resolve: 0, verify: 0, judge: 0, fetch: 0, unpack: 0, build: 0 };
  /** What is found of a revision when it is judged again; `verdict` where it is not set. */
  readonly again = new Map<string, FakeStages['verdict']>();
  /** What is asked of how new a revision is. */
  freshnessBasis = 'basis';
  /** What is found of it. */
  freshness: ReturnType<Stages['freshness']['judge']> = {
    kind: 'fresh',
    moves: [],
    floors: [],
    times: [],
    warnings: [],
  };
  /** Policies that let through what nobody signed. */
  letThroughBy: readonly string[] | undefined;
  /** A digest that a policy denies. */
  denied: string | undefined;
  /** Which trusted roots the site has. */
  trust = '';
  /** Judging again waits for it. */
  beforeJudging: Promise<void> | undefined;
  /** Until when an accepting verdict holds. */
  validUntil: number | undefined;

  get stages(): Stages {
    return {
      resolve: { resolve: (request) => this.#resolve(request.known?.digest) },
      verify: {
        denied: (_source, _desired, digest) => (this.denied === digest ? this.#denial(digest) : undefined),
        verify: async ({ resolved }) => this.#run('verify', () => this.#judge(resolved.manifest.digest)),
      },
      standing: {
        basis: (source, { policies }) => JSON.stringify([source.spec.verify, policies, this.trust]),
        judge: async ({ revision }) => {
          await this.beforeJudging;
          return this.#run('judge', () => {
            const digest = revision.slice(revision.indexOf('@') + 1);
            if (this.denied === digest) return this.#denial(digest);
            return this.#judge(digest, this.again.get(digest));
          });
        },
      },
      freshness: { basis: () => this.freshnessBasis, judge: () => this.freshness },
      fetch: {
        fetch: async ({ resolved }) =>
          this.#run('fetch', () => ({
            revision: resolved.revision,
            layer: resolved.manifest,
            annotations: {},
          })),
      },
      unpack: {
        unpack: async (_, { revision, layer }) =>
          this.#run('unpack', () => ({
            revision,
            digest: layer.digest,
            root: `/trees/${revision}`,
            files: 1,
            bytes: 1,
            annotations: {},
            skipped: [],
          })),
      },
      build: { build: async ({ delivery }) => this.#run('build', () => this.#build(delivery.metadata.name)) },
    };
  }

  async #resolve(known: string | undefined): ReturnType<Stages['resolve']['resolve']> {
    return this.#run('resolve', () => {
      const digest = `sha256:${this.revision}`;
      const validator = { digest };
      if (known === digest) return { kind: 'unchanged', validator };
      const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 2 };
      const resolved = { revision: `stable@${digest}`, manifest, content: new Uint8Array() };
      return { kind: 'resolved', resolved, validator };
    });
  }

  #build(delivery: string): { objects: readonly KubernetesObject[]; warnings: readonly string[] } {
    if (this.broken.has(delivery)) throw new SealiftError('YAML_MALFORMED', delivery, 'no YAML');
    return { objects: this.objectsOf.get(delivery) ?? this.objects, warnings: [] };
  }

  #judge(digest: string, verdict = this.verdict): Verdict {
    switch (verdict) {
      case 'accepted':
        return {
          kind: 'accepted',
          digest,
          signers: [
            {
              authority: 'release/key',
              policy: 'VerificationPolicy/default/release',
              keyId: 'sha256:00',
              format: 'bundle',
              evidence: digest,
              times: [],
              annotations: {},
            },
          ],
          warnings: [],
          ...(this.validUntil === undefined ? {} : { validUntil: this.validUntil }),
        };
      case 'not-required':
        return {
          kind: 'not-required',
          digest,
          ...(this.letThroughBy === undefined ? {} : { letThroughBy: this.letThroughBy }),
        };
      case 'refused':
        return {
          kind: 'refused',
          digest,
          code: 'SIGNATURE_MISSING',
          detail: 'no signature found',
          refusals: [],
        };
    }
  }

  #denial(digest: string): Extract<Verdict, { kind: 'refused' }> {
    return { kind: 'refused', digest, code: 'POLICY_DENIED', detail: 'denied', refusals: [] };
  }

  #run<T>(stage: Exclude<keyof Stages, 'standing' | 'freshness'> | 'judge', work: () => T): T {
    this.calls[stage] += 1;
    const failure = this.failing.get(stage);
    if (failure !== undefined) throw failure;
    return work();
  }
}

/** The failure of a registry that is away. */
export function registryDown(): SealiftError {
  return new SealiftError('REGISTRY_UNREACHABLE', 'oci://registry.example/app', 'connection refused');
}
