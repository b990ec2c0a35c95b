import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { clusterAsset } from './find.ts';
import {
  definitionsFolder,
  isBuilt,
  type Peer,
  peerBinary,
  peerFolder,
  peerGroups,
  peerPin,
  peers,
  peerVersion,
} from './peer.ts';

/** A cold build of the slowest peer takes about eight minutes on two cores. */
const BUILD_LIMIT_MS = 40 * 60_000;

/** The caller's flags stay: `GOFLAGS=-p=1` leaves a core to others. */
const goEnvironment = { ...env, GOFLAGS: `${env.GOFLAGS ?? ''} -buildvcs=false`.trim(), CGO_ENABLED: '0' };

function go(args: readonly string[], folder: string): string {
  const run = spawnSync('go', args, {
    cwd: folder,
    env: goEnvironment,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.error !== undefined) throw run.error;
  if (run.status === 0) return run.stdout.trim();
  throw new Error(`go ${args[0]} in ${folder}: expected exit code 0, got ${run.status ?? run.signal}`);
}

function goVersion(): string {
  try {
    return go(['env', 'GOVERSION'], import.meta.dirname);
  } catch (cause) {
    throw new Error(
      'go: expected the Go toolchain (1.26 or newer) on $PATH, got none that runs. ' +
        'Install it, or name finished programs by $KUSTOMIZE, $CRANE, $ORAS, $SOPS, $REGISTRY, $COSIGN, $FLUX, ' +
        'and those of a cluster by the folder $KUBEBUILDER_ASSETS.',
      { cause },
    );
  }
}

/** Where the module lies in the module cache, which may be empty before. */
function moduleFolder(goModule: string, folder: string): string {
  const { Dir } = JSON.parse(go(['mod', 'download', '-json', goModule], folder)) as { Dir: string };
  return Dir;
}

/**
 * A module that embeds files it does not publish cannot be compiled from the module cache, which is read-only:
 * copies it, adds a placeholder and answers the path of a go.mod that points to the copy.
 */
function completeModule(peer: Peer, embed: string, work: string): string {
  const published = moduleFolder(peer.goModule, peerFolder(peer));
  const copy = join(work, 'module');
  cpSync(published, copy, { recursive: true });
  makeWritable(copy, embed);
  mkdirSync(join(copy, embed), { recursive: true });
  writeFileSync(join(copy, embed, 'placeholder.yaml'), '');
  for (const name of ['go.mod', 'go.sum']) copyFileSync(join(peerFolder(peer), name), join(work, name));
  go(['mod', 'edit', '-replace', `${peer.goModule}=${copy}`, join(work, 'go.mod')], work);
  return join(work, 'go.mod');
}

/** Files of the module cache are read-only, and so are their copies. */
function makeWritable(root: string, below: string): void {
  let folder = root;
  chmodSync(folder, 0o755);
  for (const part of dirname(below).split('/')) {
    folder = join(folder, part);
    chmodSync(folder, 0o755);
  }
}

/** Linker flags that tell the program which version it is. */
function stamps(peer: Peer): string {
  const version = peerVersion(peer).slice(1);
  const [major = '', minor = ''] = version.split('.');
  const filled = (peer.stamps ?? []).map((stamp) =>
    stamp.replace('{version}', version).replace('{major}', major).replace('{minor}', minor),
  );
  if (peer.versionVariable !== undefined) filled.push(`${peer.versionVariable}=${version}`);
  return filled.map((stamp) => ` -X ${stamp}`).join('');
}

function build(peer: Peer): void {
  const binary = peerBinary(peer);
  mkdirSync(dirname(binary), { recursive: true });
  const work = mkdtempSync(join(dirname(binary), 'work-'));
  try {
    const modfile =
      peer.missingEmbed === undefined
        ? []
        : ['-mod=mod', `-modfile=${completeModule(peer, peer.missingEmbed, work)}`];
    const output = join(work, peer.name);
    go(
      ['build', '-trimpath', ...modfile, '-ldflags', `-s -w${stamps(peer)}`, '-o', output, peer.goPackage],
      peerFolder(peer),
    );
    if (peer.definitions !== undefined) keepDefinitions(peer, peer.definitions);
    renameSync(output, binary);
    writeFileSync(`${binary}.pin`, peerPin(peer));
  } finally {
    removeTree(work);
  }
}

/** Keeps what the modules publish under `config/crd/bases` beside the program: a cache of peers is all that tests need. */
function keepDefinitions(peer: Peer, below: string): void {
  const folder = join(peerFolder(peer), below);
  const kept = join(dirname(peerBinary(peer)), definitionsFolder);
  removeTree(kept);
  mkdirSync(kept);
  const { Require } = JSON.parse(go(['mod', 'edit', '-json'], folder)) as { Require: { Path: string }[] };
  for (const { Path } of Require) {
    const published = join(moduleFolder(Path, folder), 'config', 'crd', 'bases');
    for (const name of readdirSync(published))
      writeFileSync(join(kept, name), readFileSync(join(published, name)));
  }
}

/** Copied read-only folders refuse to be emptied before they are writable. */
function removeTree(path: string): void {
  spawnSync('chmod', ['-R', 'u+w', path], { stdio: 'ignore' });
  rmSync(path, { recursive: true, force: true });
}

/** Peers by their own names and those of their groups; without a name, all. */
function chosen(names: readonly string[]): readonly Peer[] {
  const groups = new Map<string, readonly Peer[]>(Object.entries(peerGroups));
  const wanted = new Set(names.flatMap((name) => groups.get(name)?.map((peer) => peer.name) ?? [name]));
  const known = new Set<string>(peers.map((peer) => peer.name));
  const unknown = [...wanted].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new Error(
      `peers: expected names out of ${[...groups.keys(), ...known].join(', ')}, got ${unknown.join(', ')}`,
    );
  }
  return names.length === 0 ? peers : peers.filter((peer) => wanted.has(peer.name));
}

/** Says where it is, if it need not be built. */
function isThere(peer: Peer): boolean {
  const asset = clusterAsset(peer.name);
  if (asset !== undefined) stdout.write(`${peer.name}: taken from $KUBEBUILDER_ASSETS: ${asset}\n`);
  else if (isBuilt(peer))
    stdout.write(`${peer.name} ${peerVersion(peer)}: already built: ${peerBinary(peer)}\n`);
  return asset !== undefined || isBuilt(peer);
}

/** One after the other: two Go builds at once need more memory than a small machine has. */
function buildAll(names: readonly string[]): void {
  const missing = chosen(names).filter((peer) => !isThere(peer));
  if (missing.length > 0) stdout.write(`building with ${goVersion()}\n`);
  for (const peer of missing) {
    const started = performance.now();
    build(peer);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    stdout.write(`${peer.name} ${peerVersion(peer)}: built in ${seconds} s: ${peerBinary(peer)}\n`);
  }
}

/** `--if-go`: without Go, go on with whatever programs are there, and say so. */
function main(args: readonly string[]): void {
  const names = args.filter((arg) => arg !== '--if-go');
  if (names.length < args.length && spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    stdout.write('no Go on $PATH: no peer is built, tests of those that are missing are skipped\n');
    return;
  }
  buildAll(names);
}

try {
  main(argv.slice(2));
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
