import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openLayout } from 'oci-client-ts';
import {
  type Artifact,
  askedSource,
  findNamed,
  type OciRepository,
  type Refusal,
  siteObjectSchema,
} from '../../src/api/index.ts';
import { createUnpackStage } from '../../src/artifact/index.ts';
import { asSealiftError, SealiftError } from '../../src/core/index.ts';
import { createFetchStage } from '../../src/source/index.ts';
import type { BuildInput } from './build-input.ts';
import { type OpenArtifact, openArtifact } from './open-artifact.ts';
import { type VerifyOptions, verify } from './verify.ts';

/** Where a tree is taken from, and what is asked of it. */
export interface TreeRequest {
  readonly from: string;
  readonly input: BuildInput;
  /** What the artifact is judged by; `undefined` when nobody asked. */
  readonly demand: VerifyOptions | undefined;
  readonly insecure: boolean;
  /** A directory of this run alone. */
  readonly directory: string;
}

const referencePattern = /^oci(-layout|-archive)?:/;

/** True for what names an artifact; anything else is a directory. */
function namesArtifact(from: string): boolean {
  return referencePattern.test(from);
}

async function directoryTree(path: string): Promise<Artifact> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isDirectory()) {
      return {
        revision: path,
        digest: '',
        root,
        files: 0,
        bytes: 0,
        annotations: {},
        skipped: [],
      };
    }
  } catch (thrown) {
    throw asSealiftError(thrown, path, 'USAGE');
  }
  throw new SealiftError('USAGE', path, 'expected a directory, or a reference as oci://HOST/REPOSITORY:TAG');
}

/** The source that the delivery names, with its layer selector and ignore text, or a plain one. */
function sourceOf({ delivery, desired }: BuildInput, url: string): OciRepository {
  const { namespace, name } = askedSource(delivery);
  const named = findNamed(desired.sources, namespace, name);
  if (named !== undefined) return { ...named, spec: { ...named.spec, url } };
  const source = siteObjectSchema.parse({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'command-line', namespace: 'default' },
    spec: { url, interval: '1m' },
  });
  if (source.kind === 'OCIRepository') return source;
  throw new RangeError('expected the schema to keep the kind');
}

function refusalOf({ code, subject, detail }: Refusal): SealiftError {
  return new SealiftError(code, subject, detail);
}

/** Judges by digest: the tag may move until the artifact is fetched. @throws SealiftError with the code of the refusal. */
async function judge(reference: string, demand: VerifyOptions, signal: AbortSignal): Promise<void> {
  const { verdict, refusals } = await verify(reference, demand, signal);
  const [first] = refusals;
  if (verdict !== 'refused') return;
  throw refusalOf(first ?? { code: 'SIGNATURE_MISSING', subject: reference, detail: 'was refused' });
}

async function unpack(
  artifact: OpenArtifact,
  { input, directory }: TreeRequest,
  signal: AbortSignal,
): Promise<Artifact> {
  const layout = await openLayout(join(directory, 'layout'));
  const local = layout.repository();
  const source = sourceOf(input, artifact.url);
  const { manifest, content, tag } = artifact;
  const revision = tag === undefined ? manifest.digest : `${tag}@${manifest.digest}`;
  const fetching = createFetchStage(
    async () => artifact.store,
    () => layout.repository('artifact'),
  );
  const resolved = { revision, manifest, content };
  const layer = await fetching.fetch({ source, desired: input.desired, resolved }, signal, () => undefined);
  const unpacking = createUnpackStage({
    treesDirectory: join(directory, 'trees'),
    open: (wanted, stop) => local.fetch(wanted, { signal: stop }),
  });
  return unpacking.unpack(source, layer, signal);
}

/**
 * The tree of a directory, or of an artifact, fetched and unpacked as an agent would do it.
 * @throws SealiftError USAGE, those of registries and archives, and those of refusals.
 */
export async function openTree(request: TreeRequest, signal: AbortSignal): Promise<Artifact> {
  const { from, demand, insecure } = request;
  if (!namesArtifact(from)) {
    if (demand !== undefined)
      throw new SealiftError('USAGE', from, 'expected a reference to verify, got a directory');
    return directoryTree(from);
  }
  const artifact = await openArtifact(from, insecure, signal);
  try {
    if (demand === undefined)
      process.stderr.write(`${artifact.reference}: not verified; --policy or --key asks for a verdict\n`);
    else await judge(artifact.reference, demand, signal);
    return await unpack(artifact, request, signal);
  } finally {
    await artifact.close();
  }
}
