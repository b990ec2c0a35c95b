import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Descriptor, formatReference, parseReference, readAll, type Store } from 'oci-client-ts';
import { asRegistryError, freshnessAnnotations } from '../../src/api/index.ts';
import { type ArtifactOrigin, artifactManifest, layerOf, packDirectory } from '../../src/artifact/index.ts';
import { asSealiftError, rfc3339, SealiftError } from '../../src/core/index.ts';
import {
  attachStatement,
  type BundleSigner,
  isSignedBy,
  signatureStatement,
} from '../../src/verify/index.ts';
import { type Annotations, annotationsOption } from './annotations-option.ts';
import { readSequences } from './next-sequence.ts';
import { openPublisherStore } from './open-publisher-store.ts';
import { outputOption } from './options.ts';
import { formatValue, type OutputFormat } from './output.ts';
import { addReleaseOptions, type Release, type ReleaseOptions, releaseOf } from './release-options.ts';
import { addSigningOptions, openSigner, type SigningOptions } from './signing-options.ts';

/** A packed tree is held in memory to be named by its digest; manifests are small. Bytes, compressed. */
const maxLayerSize = 256 * 1024 * 1024;

export interface PushRequest {
  /** `oci://HOST/REPOSITORY:TAG`, `oci-layout:DIRECTORY:TAG` or `oci:DIRECTORY:TAG`. */
  readonly reference: string;
  readonly directory: string;
  readonly origin: ArtifactOrigin;
  readonly ignore?: string;
  readonly insecure: boolean;
  readonly signing?: PushSigning;
  /** Its place among the others; only the number and the annotations of the manifest are looked at. */
  readonly release?: Omit<Release, 'signed'>;
}

export interface PushSigning {
  readonly signer: BundleSigner;
  /** Signed with the digest. */
  readonly annotations: Annotations;
}

/** What was pushed. */
export interface PushResult {
  readonly url: string;
  readonly tag: string;
  readonly digest: string;
  readonly size: number;
  readonly signature: 'none' | 'added' | 'present';
  /** Absent where the artifact has none. */
  readonly sequence?: number;
}

async function packLayer(
  directory: string,
  ignore: string | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const found = await stat(directory).catch((thrown) => {
    throw asSealiftError(thrown, directory, 'USAGE');
  });
  if (!found.isDirectory()) throw new SealiftError('USAGE', directory, 'expected a directory, got a file');
  return readAll(
    packDirectory(directory, { signal, ...(ignore === undefined ? {} : { ignore }) }),
    maxLayerSize,
    directory,
  );
}

/** A key that signed already adds nothing by signing again, unless it states something new. */
async function signPushed(
  store: Store,
  subject: Descriptor,
  { signer, annotations }: PushSigning,
  signal: AbortSignal,
): Promise<'added' | 'present'> {
  const repeats = signer.key !== undefined && Object.keys(annotations).length === 0;
  if (repeats && (await isSignedBy(store, subject, signer.key, signal))) return 'present';
  const statement = signatureStatement(subject.digest, annotations);
  await attachStatement(store, { subject, statement, signer, created: new Date() }, signal);
  return 'added';
}

/**
 * Packs a directory, pushes it as a Flux artifact and signs what was pushed. The tag moves last, so that nobody who polls it meets an
 * artifact whose signature is still on its way.
 */
export async function push(request: PushRequest, signal: AbortSignal): Promise<PushResult> {
  const content = await packLayer(request.directory, request.ignore, signal);
  const { store, tag, close } = await openPublisherStore(request.reference, request.insecure);
  try {
    const layer = layerOf(content);
    const { config, manifest, sequence } = await placedManifest(request, layer.descriptor, {
      store,
      tag,
      signal,
    });
    for (const { descriptor, content: bytes } of [config, layer, manifest])
      await store.push(descriptor, bytes, { signal });
    const { signing } = request;
    const signature =
      signing === undefined ? 'none' : await signPushed(store, manifest.descriptor, signing, signal);
    await store.tag(manifest.descriptor, tag, { signal });
    const { digest } = manifest.descriptor;
    const place = sequence === undefined ? {} : { sequence };
    return { url: request.reference, tag, digest, size: layer.descriptor.size, signature, ...place };
  } catch (thrown) {
    signal.throwIfAborted();
    throw asRegistryError(thrown, request.reference);
  } finally {
    await close();
  }
}

interface Destination {
  readonly store: Store;
  readonly tag: string;
  readonly signal: AbortSignal;
}

type PlacedManifest = ReturnType<typeof artifactManifest> & { readonly sequence?: number };

/** The manifest with its place in the sequence. Counted up only for what is not under the tag already. */
async function placedManifest(
  { reference, origin, release = { annotations: {} } }: PushRequest,
  layer: Descriptor,
  { store, tag, signal }: Destination,
): Promise<PlacedManifest> {
  const stated = { ...origin.annotations, ...release.annotations };
  const withSequence = (sequence: number): PlacedManifest => {
    const annotations = { ...stated, [freshnessAnnotations.sequence]: String(sequence) };
    return { ...artifactManifest(layer, { ...origin, annotations }), sequence };
  };
  if (release.sequence === undefined) return artifactManifest(layer, { ...origin, annotations: stated });
  if (release.sequence !== 'auto') return withSequence(release.sequence);
  const stream = stated[freshnessAnnotations.stream] ?? '';
  const { highest, tagged } = await readSequences(store, { tag, stream, subject: reference }, signal);
  if (tagged !== undefined && tagged.sequence === highest && highest > 0) {
    const same = withSequence(highest);
    if (same.manifest.descriptor.digest === tagged.digest) return same;
  }
  return withSequence(highest + 1);
}

/** The last second of the year 9999: RFC 3339 has no later one. */
const lastEpoch = 253_402_300_799;

/** Fixed unless asked for, so that the same tree has the same digest: https://reproducible-builds.org/specs/source-date-epoch/ */
function createdAt(): string {
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0);
  if (!Number.isSafeInteger(epoch) || epoch < 0 || epoch > lastEpoch) {
    throw new SealiftError('USAGE', 'SOURCE_DATE_EPOCH', 'expected seconds since 1970 as a whole number');
  }
  return rfc3339(epoch * 1000);
}

interface PushOptions extends SigningOptions, ReleaseOptions {
  readonly path: string;
  readonly source: string;
  readonly revision: string;
  readonly annotations: Annotations;
  readonly ignorePaths?: string;
  readonly signKey?: string;
  readonly insecure: boolean;
  readonly output: OutputFormat;
}

function formatResult(result: PushResult): string {
  const reference = parseReference(result.url);
  const signed = { none: '', added: 'signed\n', present: 'signed by this key already\n' }[result.signature];
  const place = result.sequence === undefined ? '' : `, sequence ${result.sequence}`;
  return `pushed ${formatReference({ ...reference, digest: result.digest })} (${result.size} bytes${place})\n${signed}`;
}

async function runPush(reference: string, options: PushOptions): Promise<void> {
  const { path, source, revision, annotations, ignorePaths, signKey, insecure, output } = options;
  const origin = { source, revision, annotations, created: createdAt() };
  const signer = await openSigner(options, signKey);
  const isSigned = signer !== undefined;
  const release = releaseOf(options, { given: annotations, isSigned, now: Date.now() });
  const result = await push(
    {
      reference,
      directory: path,
      origin,
      release,
      insecure,
      ...(ignorePaths === undefined ? {} : { ignore: ignorePaths.split(',').join('\n') }),
      ...(signer === undefined ? {} : { signing: { signer, annotations: release.signed } }),
    },
    new AbortController().signal,
  );
  process.stdout.write(output === 'table' ? formatResult(result) : formatValue(result, output));
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('push')
    .description('pack a directory of manifests and push it as a signed artifact')
    .argument('<reference>', 'oci://HOST/REPOSITORY:TAG or oci-layout:DIRECTORY:TAG')
    .requiredOption('-f, --path <directory>', 'directory to pack')
    .requiredOption('--source <url>', 'where the directory comes from, such as the URL of its repository')
    .requiredOption('--revision <revision>', 'revision there, such as main@sha1:<commit>')
    .addOption(annotationsOption('annotation of the manifest'))
    .option(
      '--ignore-paths <patterns>',
      'comma-separated patterns to leave out, in .gitignore syntax, beside .sourceignore',
    )
    .option('--sign-key <file>', 'private key to sign with (COSIGN_PASSWORD is its password)');
  addReleaseOptions(command);
  addSigningOptions(command)
    .option('--insecure', 'speak plain HTTP to a registry that is not on loopback', false)
    .addOption(outputOption())
    .action(runPush);
}
