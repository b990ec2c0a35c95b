import {
  type Artifact,
  type BuildOutput,
  type DesiredState,
  deliveryText,
  type Kustomization,
} from '../../api/index.ts';
import { type ErrorCode, SealiftError } from '../../core/index.ts';
import type { Decryption } from '../decryption/decryption.ts';
import { type DecryptionPorts, decryptionOf } from '../decryption/decryption-of.ts';
import { transformationsOf } from '../kustomization/generate-kustomization.ts';
import type { Workspaces } from '../kustomize/workspace.ts';
import { type BuiltObject, withChange } from '../objects/built-object.ts';
import { withCommonMetadata } from '../objects/common-metadata.ts';
import { Faults } from '../objects/faults.ts';
import { checkCommonMetadata, checkIdentities } from '../objects/identity.ts';
import type { ObjectCollection } from '../objects/objects.ts';
import { inApplyOrder } from '../objects/order.ts';
import { inScope } from '../objects/scope.ts';
import type { TracedBuild } from '../objects/traced-build.ts';
import type { Exec } from '../programs/exec.ts';
import { withDecrypted } from '../secrets/decrypted-places.ts';
import { refuseEncrypted } from '../secrets/encrypted.ts';
import { secretTexts } from '../secrets/secret-texts.ts';
import { Substitution } from '../substitution/substitute.ts';
import { substituteAll } from '../substitution/substitute-all.ts';
import { collectVariables } from '../substitution/variables.ts';
import { scanTree, type TreeScan } from '../tree/scan-tree.ts';
import { insidePath, type Tree } from '../tree/tree.ts';
import { lookedAt, refuseEmpty } from './empty-build.ts';
import { buildOverlay } from './overlay-build.ts';
import { buildPlain } from './plain-build.ts';

export interface BuildRequest {
  readonly delivery: Kustomization;
  readonly artifact: Artifact;
  readonly desired: DesiredState;
}

/** What the stage acts through. */
export interface BuildPorts extends DecryptionPorts {
  openTree(root: string): Promise<Tree>;
  /** The path of kustomize; `undefined` when there is none. */
  findKustomize(): Promise<string | undefined>;
  /** What every delivery of the site may substitute. */
  readonly siteVariables: Readonly<Record<string, string>>;
  /** A variable that has neither value nor default is an error; otherwise it leaves nothing, with a warning. */
  readonly strictSubstitution: boolean;
  readonly workspaces: Workspaces;
  readonly exec: Exec;
}

/** Why kustomize is needed; `undefined` for a tree of plain YAML. */
function kustomizeReason(delivery: Kustomization, scan: TreeScan): string | undefined {
  return scan.own ?? scan.nested[0] ?? transformationsOf(delivery.spec)[0];
}

async function requireDirectory(tree: Tree, delivery: Kustomization): Promise<string> {
  const { path } = delivery.spec;
  const directory = insidePath(path);
  const kind = await tree.kind(directory);
  if (kind === 'directory') return directory;
  const detail = kind === undefined ? 'is not in the artifact' : `expected a directory, got a ${kind}`;
  throw new SealiftError(
    'BUILD_PATH_NOT_FOUND',
    path,
    `${detail} (spec.path of ${deliveryText(delivery.metadata)})`,
  );
}

/** What is said of single objects. */
const objectCodes: ReadonlySet<ErrorCode> = new Set([
  'OBJECT_INVALID',
  'OBJECT_ENCRYPTED',
  'OBJECT_DUPLICATE',
  'SUBSTITUTION_FAILED',
  'DECRYPTION_FAILED',
  'DECRYPTION_KEY_MISSING',
]);

/** Turns one tree into objects: read or built by kustomize, substituted, checked, marked, ordered. */
class Build {
  readonly #ports: BuildPorts;
  readonly #request: BuildRequest;
  readonly #signal: AbortSignal;
  readonly #explain: boolean;
  readonly #collection: ObjectCollection = {
    objects: [],
    faults: new Faults(),
    warnings: [],
    clearTexts: [],
  };

  /** Told when nothing comes of it. */
  #looked = '';
  /** True once kustomize printed the objects, so that their places are not those of files. */
  printed = false;

  constructor(ports: BuildPorts, request: BuildRequest, explain: boolean, signal: AbortSignal) {
    this.#explain = explain;
    this.#ports = ports;
    this.#request = request;
    this.#signal = signal;
  }

  async run(): Promise<TracedBuild> {
    const { delivery, artifact } = this.#request;
    this.#signal.throwIfAborted();
    const decryption = await decryptionOf(this.#request, this.#ports, this.#signal);
    const tree = await this.#ports.openTree(artifact.root);
    const directory = await requireDirectory(tree, delivery);
    await this.#collect(tree, directory, decryption);
    const objects = await this.#decrypt(decryption);
    return this.#finish(objects);
  }

  async #collect(tree: Tree, directory: string, decryption: Decryption | undefined): Promise<void> {
    const { delivery, artifact } = this.#request;
    const scan = await scanTree(tree, directory, this.#signal);
    this.#looked = lookedAt(scan);
    for (const path of scan.skipped) this.#collection.warnings.push(`${path}: left out, not a regular file`);
    const reason = kustomizeReason(delivery, scan);
    const nothing = scan.own === undefined && scan.nested.length === 0 && scan.files.length === 0;
    if (nothing) return;
    if (reason === undefined) {
      await buildPlain({ tree, files: scan.files, decryption }, this.#collection, this.#signal);
      return;
    }
    const kustomize = await this.#ports.findKustomize();
    if (kustomize === undefined) {
      throw new SealiftError(
        'KUSTOMIZE_NOT_FOUND',
        reason,
        'expected the kustomize program to build it, found none',
      );
    }
    const explain = this.#explain;
    const request = { delivery, tree, root: artifact.root, directory, scan, decryption, explain };
    await buildOverlay(request, { ...this.#ports, kustomize }, this.#collection, this.#signal);
    this.printed = true;
  }

  async #decrypt(decryption: Decryption | undefined): Promise<readonly BuiltObject[]> {
    const { objects, faults } = this.#collection;
    faults.throwIfAny(deliveryText(this.#request.delivery.metadata));
    if (decryption === undefined) return objects;
    const decrypted: BuiltObject[] = [];
    for (const built of objects) {
      this.#signal.throwIfAborted();
      const object = await faults.collectAsync(built.place, () => decryption.object(built));
      if (object === undefined) continue;
      decrypted.push(object === built ? built : withChange(withDecrypted(built, object), 'decryption'));
    }
    return decrypted;
  }

  #substitute(objects: readonly BuiltObject[]): readonly BuiltObject[] {
    const { delivery, desired } = this.#request;
    const { siteVariables, strictSubstitution } = this.#ports;
    const { postBuild } = delivery.spec;
    if (postBuild === undefined) return objects;
    const variables = collectVariables(delivery, desired, siteVariables);
    if (variables.size === 0 && postBuild.substituteStrategy !== 'Always') return objects;
    return substituteAll(objects, new Substitution(variables, strictSubstitution), this.#collection);
  }

  #finish(objects: readonly BuiltObject[]): TracedBuild {
    const { delivery } = this.#request;
    const { faults, warnings, clearTexts } = this.#collection;
    faults.throwIfAny(deliveryText(delivery.metadata));
    refuseEncrypted(objects, faults);
    const substituted = this.#substitute(objects);
    const scoped = substituted.map((built) => inScope(built, warnings));
    checkIdentities(scoped, faults);
    const common = delivery.spec.commonMetadata;
    checkCommonMetadata(common, deliveryText(delivery.metadata), faults);
    faults.throwIfAny(deliveryText(delivery.metadata));
    if (scoped.length === 0) refuseEmpty(delivery, this.#request.artifact, this.#looked);
    const marked = scoped.map((built) => ({ ...built, object: withCommonMetadata(built.object, common) }));
    return { objects: inApplyOrder(marked), warnings, clearTexts };
  }
}

/**
 * As `buildObjects`, with the way of each object; with `explain` kustomize is asked a second time, for where each object comes from. The same is done when an object that
 * kustomize printed is at fault: the operator reads the file that it stands in.
 */
export async function traceObjects(
  ports: BuildPorts,
  request: BuildRequest,
  explain: boolean,
  signal: AbortSignal,
): Promise<TracedBuild> {
  const build = new Build(ports, request, explain, signal);
  try {
    return await build.run();
  } catch (thrown) {
    const ofObject = thrown instanceof SealiftError && objectCodes.has(thrown.code);
    if (!ofObject || explain || !build.printed) throw thrown;
    await new Build(ports, request, true, signal).run().catch((again: unknown) => {
      throw again instanceof SealiftError && again.code === thrown.code ? again : thrown;
    });
    throw thrown;
  }
}

/** Builds the objects of one delivery from one artifact. */
export async function buildObjects(
  ports: BuildPorts,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<BuildOutput> {
  const traced = await traceObjects(ports, request, false, signal);
  const { objects, warnings } = traced;
  const texts = secretTexts(traced, request.delivery, request.desired);
  const secret = texts.length === 0 ? {} : { secretTexts: texts };
  return { objects: objects.map(({ object }) => object), warnings, ...secret };
}
