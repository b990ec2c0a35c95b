#!/usr/bin/env node
// The installed command. Plain JavaScript, so that whatever Node is there can read it: Sealift itself needs a newer one, and a
// node that is too old starts the one that the npm package `node` brought along.
import { existsSync, readFileSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const oldest = [24, 15];

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The sources when they are here (a checkout), else the one file that the published package has in their place. */
function program() {
  const source = fileURLToPath(new URL('main.ts', import.meta.url));
  return existsSync(source) ? source : fileURLToPath(new URL('../../dist/sealift.js', import.meta.url));
}

/** Path of the node that came with the package, or undefined when its install script did not run. */
function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
    const file = path.join(path.dirname(manifest), bin.node);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Stands in for the process it starts: same terminal, same signals, same end. */
async function become(node) {
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [program(), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    // A terminal sends SIGINT to both; a second one would read as "now at once".
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('error', (cause) => fail(`cannot start ${node}: ${cause.message}`));
  child.on('exit', (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
  );
}

/**
 * What a command compiled is kept for the next one, which starts in half the time. In the user's own cache: whoever can write there runs as the
 * user anyway, which is not so for a directory below /tmp. The agent starts once, and has no memory to spare for it.
 */
function keepCompiled() {
  if (process.argv[2] === 'run') return;
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  if (path.isAbsolute(caches)) nodeModule.enableCompileCache?.(path.join(caches, 'sealift', 'compiled'));
}

function fail(why) {
  console.error(`sealift: ${why}`);
  process.exit(1);
}

if (isNewEnough(process.versions.node)) {
  keepCompiled();
  process.argv[1] = program();
  await import(pathToFileURL(program()).href);
} else {
  const node = pinnedNode();
  if (node === undefined) {
    fail(
      `needs Node ${oldest.join('.')} or newer, this is ${process.versions.node}, and the package \`node\` is not installed; ` +
        'install a newer Node, or run `npm ci` with its scripts allowed.',
    );
  } else {
    await become(node);
  }
}
