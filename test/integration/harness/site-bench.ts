import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type Descriptor,
  type Intercept,
  openLayout,
  type RegistryServer,
  type Store,
  serveRegistry,
  sha256,
} from 'oci-client-ts';
import { stringify } from 'yaml';
import { type ComposedAgent, composeAgent } from '../../../cmd/sealift/compose-agent.ts';
import { loadConfiguration } from '../../../cmd/sealift/run-agent.ts';
import { type Convergence, converge } from '../../../src/agent/index.ts';
import { artifactManifest } from '../../../src/artifact/index.ts';
import type { Clock, SealiftEvent } from '../../../src/core/index.ts';
import { fileNameOf } from '../../../src/target/directory/file-name.ts';
import { generateKeyPair, openPrivateKey, type PrivateKey } from '../../../src/verify/index.ts';
import { attachSignature } from '../../fixtures/attach-signature.ts';
import { tarOf } from '../../fixtures/tar-builder.ts';

export type Tree = Readonly<Record<string, string>>;

type Annotations = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

interface PushOptions {
  readonly tag?: string;
  /** Who signs; nobody when absent. */
  readonly by?: PrivateKey | readonly PrivateKey[];
  readonly mediaType?: string;
  /** Of the manifest. */
  readonly annotations?: Annotations;
  /** Signed beside the digest. */
  readonly signed?: Annotations;
}

/** A registry, a publisher with a trusted and an untrusted key, and a site that trusts the first: all real, all in one directory. */
export interface SiteBench {
  readonly directory: string;
  readonly store: Store;
  readonly registry: RegistryServer;
  readonly trusted: PrivateKey;
  readonly stranger: PrivateKey;
  /** Answers requests badly while it is set. */
  intercept: Intercept | undefined;
  readonly events: SealiftEvent[];
  /** Of the agents that are started; that of the machine while it is not set. */
  clock: Clock | undefined;
  /** Pushes a tree, or the bytes of a layer as they are; gives back its manifest. */
  push(content: Tree | Uint8Array, options?: PushOptions): Promise<Descriptor>;
  /** Signs what was pushed. */
  sign(manifest: Pick<Descriptor, 'digest'>, by: PrivateKey, signed?: Annotations): Promise<Descriptor>;
  /** Writes the site's configuration; `spec` is added to that of the source, `policy` to that of the policy. */
  configure(spec?: Fields, policy?: Fields): Promise<void>;
  /** From now on the site trusts these keys, and no others. Texts are PEM. */
  trust(...keys: readonly (PrivateKey | string)[]): Promise<void>;
  /** A pass of a freshly started agent. */
  run(): Promise<Convergence>;
  /** An agent of this site that the caller runs and closes. */
  compose(): Promise<ComposedAgent>;
  /** Delivered files: name and content. */
  delivered(): Promise<Readonly<Record<string, string>>>;
  readonly configuration: string;
  readonly target: string;
  readonly state: string;
  close(): Promise<void>;
}

const flux = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const password = 'bench';

/** Name of the file under which an object of `configMapYaml` is delivered. */
export function deliveredFile(name: string): string {
  return fileNameOf({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name });
}

export function configMapYaml(name: string, value: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop' },
    data: { value },
  });
}

function layerBytes(content: Tree | Uint8Array): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return gzipSync(tarOf(...Object.entries(content).map(([name, body]) => ({ name, body }))));
}

interface SigningKey {
  readonly key: PrivateKey;
  readonly pem: string;
}

async function makeSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(password);
  return { key: await openPrivateKey(privateKey, password), pem: publicKey };
}

/** Made once: scrypt is slow on purpose. */
let signingKeys: Promise<readonly [trusted: SigningKey, stranger: SigningKey]> | undefined;

interface Wanted {
  readonly pems: readonly string[];
  readonly spec: Fields;
  readonly policy: Fields;
}

function siteObjects(host: string, { pems, spec, policy }: Wanted): readonly unknown[] {
  const at = (name: string): unknown => ({ name, namespace: 'edge' });
  return [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: at('app'),
      spec: { url: `oci://${host}/app`, interval: '1s', ref: { tag: 'stable' }, ...spec },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: at('app'),
      spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } },
    },
    {
      apiVersion: 'sealift.dev/v1alpha1',
      kind: 'VerificationPolicy',
      metadata: at('release'),
      spec: {
        match: { repositories: ['**'] },
        authorities: pems.map((data, at) => ({ name: `key-${at}`, key: { data } })),
        ...policy,
      },
    },
  ];
}

/** Starts a bench; its caller closes it. */
export async function startSiteBench(): Promise<SiteBench> {
  const directory = await mkdtemp(join(tmpdir(), 'sealift-bench-'));
  const at = (name: string): string => join(directory, name);
  const layout = await openLayout(at('registry'));
  const store = layout.repository('app');
  signingKeys ??= Promise.all([makeSigningKey(), makeSigningKey()]);
  const [trusted, stranger] = await signingKeys;
  const events: SealiftEvent[] = [];
  let pems: readonly string[] = [trusted.pem];
  const pemOf = (key: PrivateKey | string): string =>
    typeof key === 'string' ? key : key === trusted.key ? trusted.pem : stranger.pem;
  const configuration = at('site.yaml');
  const target = at('delivered');
  const state = at('state');
  const registry = await serveRegistry({
    layout,
    intercept: (request, response, route) => bench.intercept?.(request, response, route) ?? false,
  });
  const settings = {
    stateDirectory: state,
    target: { kind: 'directory', path: target } as const,
    searchPath: process.env['PATH'] ?? '',
  };
  const compose = (): Promise<ComposedAgent> => {
    const { clock } = bench;
    const own = clock === undefined ? {} : { clock };
    return composeAgent({ ...settings, ...own }, [(event) => events.push(event)]);
  };
  const bench: SiteBench = {
    directory,
    store,
    registry,
    trusted: trusted.key,
    stranger: stranger.key,
    intercept: undefined,
    clock: undefined,
    events,
    configuration,
    target,
    state,
    compose,
    push: (content, options = {}) => pushArtifact(store, layerBytes(content), options),
    configure: (spec = {}, policy = {}) => writeSite(configuration, registry, { pems, spec, policy }),
    async trust(...keys) {
      pems = keys.map(pemOf);
      await bench.configure();
    },
    sign: ({ digest }, by, signed) => signPushed(store, digest, { by, signed }),
    run: async () => runOnce(await compose(), configuration),
    delivered: () => readFiles(target),
    async close() {
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await bench.configure();
  return bench;
}

async function writeSite(file: string, { url }: RegistryServer, wanted: Wanted): Promise<void> {
  const documents = siteObjects(new URL(url).host, wanted).map((object) => stringify(object));
  await writeFile(file, documents.join('---\n'));
}

async function runOnce(agent: ComposedAgent, configuration: string): Promise<Convergence> {
  try {
    const desired = await loadConfiguration(configuration);
    return await converge(agent.parts, desired, new AbortController().signal);
  } finally {
    await agent.close();
  }
}

async function pushArtifact(store: Store, content: Uint8Array, options: PushOptions): Promise<Descriptor> {
  const { tag = 'stable', by = [], mediaType = flux, annotations = {}, signed } = options;
  const layer = { mediaType, digest: sha256(content), size: content.length };
  const origin = {
    source: 'https://example.com/app',
    revision: 'v1',
    created: '1970-01-01T00:00:00Z',
    annotations,
  };
  const { config, manifest } = artifactManifest(layer, origin);
  await store.push(config.descriptor, config.content);
  await store.push(layer, content);
  await store.push(manifest.descriptor, manifest.content);
  for (const key of [by].flat()) await sign(store, manifest.descriptor, { by: key, signed });
  await store.tag(manifest.descriptor, tag);
  return manifest.descriptor;
}

interface Signing {
  readonly by: PrivateKey;
  readonly signed?: Annotations | undefined;
}

async function signPushed(store: Store, digest: string, signing: Signing): Promise<Descriptor> {
  const found = await store.resolve(digest);
  if (found.kind !== 'resolved') throw new Error(`${digest}: not resolved`);
  return sign(store, found.descriptor, signing);
}

/** Signs a manifest as `sealift push --sign-key` does. */
function sign(store: Store, manifest: Descriptor, { by, signed = {} }: Signing): Promise<Descriptor> {
  return attachSignature(
    store,
    { manifest, privateKey: by, annotations: signed, created: new Date(0) },
    new AbortController().signal,
  );
}

async function readFiles(directory: string): Promise<Readonly<Record<string, string>>> {
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(
    names.sort().map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const),
  );
  return Object.fromEntries(files);
}
