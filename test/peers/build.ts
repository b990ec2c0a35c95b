import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { isBuilt, type Peer, peerBinary, peerFolder, peerPin, peers, peerVersion } from './peer.ts';

/** A cold build of the slowest peer takes about eight minutes on two cores. */
const BUILD_LIMIT_MS = 40 * 60_000;

const goEnvironment = { ...env, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' };

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
        'Install it, or name finished programs by $KUSTOMIZE, $CRANE, $ORAS, $SOPS, $REGISTRY, $COSIGN, $FLUX.',
      { cause },
    );
  }
}

/**
 * A module that embeds files it does not publish cannot be compiled from the module cache, which is read-only:
 * copies it, adds a placeholder and answers the path of a go.mod that points to the copy.
 */
function completeModule(peer: Peer, embed: string, work: string): string {
  const published = go(['list', '-m', '-f', '{{.Dir}}', peer.goModule], peerFolder(peer));
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

function build(peer: Peer): void {
  const binary = peerBinary(peer);
  mkdirSync(dirname(binary), { recursive: true });
  const work = mkdtempSync(join(dirname(binary), 'work-'));
  try {
    const modfile =
      peer.missingEmbed === undefined
        ? []
        : ['-mod=mod', `-modfile=${completeModule(peer, peer.missingEmbed, work)}`];
    const stamp =
      peer.versionVariable === undefined ? '' : ` -X ${peer.versionVariable}=${peerVersion(peer).slice(1)}`;
    const output = join(work, peer.name);
    go(
      ['build', '-trimpath', ...modfile, '-ldflags', `-s -w${stamp}`, '-o', output, peer.goPackage],
      peerFolder(peer),
    );
    renameSync(output, binary);
    writeFileSync(`${binary}.pin`, peerPin(peer));
  } finally {
    removeTree(work);
  }
}

/** Copied read-only folders refuse to be emptied before they are writable. */
function removeTree(path: string): void {
  spawnSync('chmod', ['-R', 'u+w', path], { stdio: 'ignore' });
  rmSync(path, { recursive: true, force: true });
}

function chosen(names: readonly string[]): readonly Peer[] {
  const unknown = names.filter((name) => !peers.some((peer) => peer.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `peers: expected names out of ${peers.map((peer) => peer.name).join(', ')}, got ${unknown.join(', ')}`,
    );
  }
  return names.length === 0 ? peers : peers.filter((peer) => names.includes(peer.name));
}

/** One after the other: two Go builds at once need more memory than a small machine has. */
function buildAll(names: readonly string[]): void {
  const missing = chosen(names).filter((peer) => {
    if (isBuilt(peer))
      stdout.write(`${peer.name} ${peerVersion(peer)}: already built: ${peerBinary(peer)}\n`);
    return !isBuilt(peer);
  });
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
