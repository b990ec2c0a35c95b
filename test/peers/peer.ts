import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';

type InteropName = 'kustomize' | 'crane' | 'oras' | 'sops' | 'cosign' | 'registry' | 'flux' | 'build-oracle';

type ClusterName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl' | 'kwok';

type BuiltName = InteropName | ClusterName | 'kustomize-controller';

/** Peers that the system's package manager brings, under the same names in Debian. */
export const systemPeers = ['docker-registry', 'skopeo'] as const;

export type PeerName = BuiltName | (typeof systemPeers)[number];

export interface Peer {
  readonly name: BuiltName;
  /** Go package of the program, as the `tool` line of its go.mod names it. */
  readonly goPackage: string;
  /** Module that carries the package; its required version is the version of the peer. */
  readonly goModule: string;
  /** Go variable that holds the version the program prints about itself. */
  readonly versionVariable?: string;
  /** Folder below the module that the program embeds and that its published module leaves out. */
  readonly missingEmbed?: string;
  /** Folder of the go.mod, where several programs come out of one module; else the name. */
  readonly folder?: string;
  /** Go variables and their values, with `{version}`, `{major}` and `{minor}` for the parts of the version. */
  readonly stamps?: readonly string[];
  /** Folder of a second go.mod, whose modules publish the definitions of the kinds that the program works with. */
  readonly definitions?: string;
}

/** Cheap ones first: whoever waits for kustomize need not wait for cosign. */
const interopPeers: readonly Peer[] = [
  {
    name: 'kustomize',
    goPackage: 'sigs.k8s.io/kustomize/kustomize/v5',
    goModule: 'sigs.k8s.io/kustomize/kustomize/v5',
  },
  {
    name: 'crane',
    goPackage: 'github.com/google/go-containerregistry/cmd/crane',
    goModule: 'github.com/google/go-containerregistry',
  },
  { name: 'oras', goPackage: 'oras.land/oras/cmd/oras', goModule: 'oras.land/oras' },
  {
    name: 'sops',
    goPackage: 'github.com/getsops/sops/v3/cmd/sops',
    goModule: 'github.com/getsops/sops/v3',
  },
  {
    name: 'registry',
    goPackage: 'github.com/distribution/distribution/v3/cmd/registry',
    goModule: 'github.com/distribution/distribution/v3',
  },
  {
    name: 'cosign',
    goPackage: 'github.com/sigstore/cosign/v3/cmd/cosign',
    goModule: 'github.com/sigstore/cosign/v3',
  },
  {
    name: 'flux',
    goPackage: 'github.com/fluxcd/flux2/v2/cmd/flux',
    goModule: 'github.com/fluxcd/flux2/v2',
    versionVariable: 'main.VERSION',
    missingEmbed: 'cmd/flux/manifests',
  },
  // A program of our own, beside its go.mod: it asks the code that flux builds with.
  { name: 'build-oracle', goPackage: '.', goModule: 'github.com/fluxcd/pkg/kustomize' },
];

const kubernetes = {
  goModule: 'k8s.io/kubernetes',
  folder: 'kubernetes',
  stamps: [
    'k8s.io/component-base/version.gitVersion=v{version}',
    'k8s.io/component-base/version.gitMajor={major}',
    'k8s.io/component-base/version.gitMinor={minor}',
  ],
} as const;

/** What a Kubernetes API takes. The API server carries most of what the other two of its module are made of. */
const clusterPeers: readonly Peer[] = [
  { name: 'etcd', goPackage: 'go.etcd.io/etcd/server/v3', goModule: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', goPackage: 'k8s.io/kubernetes/cmd/kube-apiserver', ...kubernetes },
  {
    name: 'kube-controller-manager',
    goPackage: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    ...kubernetes,
  },
  { name: 'kubectl', goPackage: 'k8s.io/kubernetes/cmd/kubectl', ...kubernetes },
  { name: 'kwok', goPackage: 'sigs.k8s.io/kwok/cmd/kwok', goModule: 'sigs.k8s.io/kwok' },
];

/** What is compared with on a cluster. */
const controllerPeers: readonly Peer[] = [
  {
    name: 'kustomize-controller',
    goPackage: 'github.com/fluxcd/kustomize-controller',
    goModule: 'github.com/fluxcd/kustomize-controller',
    definitions: 'definitions',
  },
];

/** Peers by the tests that need them. */
export const peerGroups = { interop: interopPeers, cluster: [...clusterPeers, ...controllerPeers] } as const;

export const peers: readonly Peer[] = [...interopPeers, ...peerGroups.cluster];

/** The folder with the `go.mod` and `go.sum` that pin a peer. */
export function peerFolder(peer: Peer): string {
  return join(import.meta.dirname, peer.folder ?? peer.name);
}

/** Version the peer's `go.mod` requires, with its leading `v`. */
export function peerVersion(peer: Peer): string {
  const path = join(peerFolder(peer), 'go.mod');
  const words = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^require /, '')
        .split(/\s+/),
    );
  const version = words.find(
    ([module, version]) => module === peer.goModule && version?.startsWith('v'),
  )?.[1];
  if (version === undefined) throw new Error(`${path}: expected a requirement of ${peer.goModule}, got none`);
  return version;
}

/** `$SEALIFT_PEERS_CACHE`, else `sealift/peers` below the user's cache folder. */
function peersCache(): string {
  return env.SEALIFT_PEERS_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sealift', 'peers');
}

/** Where the built program stands or will stand: `<cache>/<name>-<version>/<name>`. */
export function peerBinary(peer: Peer): string {
  return join(peersCache(), `${peer.name}-${peerVersion(peer).slice(1)}`, peer.name);
}

/** Folder below a built peer with the definitions of the kinds that it works with. */
export const definitionsFolder = 'definitions';

function pinned({ goPackage, definitions }: Peer): readonly string[] {
  const own = ['go.mod', 'go.sum'];
  const ofDefinitions = definitions === undefined ? [] : own.map((name) => join(definitions, name));
  return [...own, ...(goPackage === '.' ? ['main.go'] : []), ...ofDefinitions];
}

/** Digest of everything that pins the build: a changed dependency of the same version is built anew. */
export function peerPin(peer: Peer): string {
  const hash = createHash('sha256').update(JSON.stringify(peer));
  for (const name of pinned(peer)) hash.update(readFileSync(join(peerFolder(peer), name)));
  return hash.digest('hex');
}

/** True when the cache holds this peer, built from the pins of today. */
export function isBuilt(peer: Peer): boolean {
  const pinFile = `${peerBinary(peer)}.pin`;
  return (
    existsSync(peerBinary(peer)) && existsSync(pinFile) && readFileSync(pinFile, 'utf8') === peerPin(peer)
  );
}
