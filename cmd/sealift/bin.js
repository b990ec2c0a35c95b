#!/usr/bin/env node
// The installed command. Plain JavaScript, so that whatever Node is there can read it: Sealift itself needs a newer one, and a
// node that is too old starts the one that the npm package `node` brought along.
import nodeModule from 'node:module';

// By `require`: `import` makes all that `node:fs` exports, streams and promises too, which costs a command 4 ms.
const require = nodeModule.createRequire(import.meta.url);
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');

const oldest = [24, 15];

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

const source = fileURLToPath(new URL('main.ts', import.meta.url));
const bundle = fileURLToPath(new URL('../../dist/sealift.js', import.meta.url));

/** The sources when they are here (a checkout), else what the published package has in their place. */
const program = existsSync(source) ? source : bundle;

/** Path of the node that came with the package, or undefined when its install script did not run. */
function pinnedNode() {
  try {
    const manifest = require.resolve('node/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
    const file = path.join(path.dirname(manifest), bin.node);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Stands in for the process it starts: same terminal, same signals, same end. */
function become(node) {
  const { spawn } = require('node:child_process');
  const { constants } = require('node:os');
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
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
 * user anyway, which is not so for a directory below /tmp. The agent starts once, and has no memory to spare for it; help is read, not repeated.
 */
function keptDirectory() {
  const [, , command = '', ...given] = process.argv;
  if (command === 'run' || !/^[a-z]+$/.test(command) || given.some((one) => one === '--help' || one === '-h'))
    return undefined;
  const caches = process.env.XDG_CACHE_HOME || path.join(require('node:os').homedir(), '.cache');
  return path.isAbsolute(caches) ? path.join(caches, 'sealift', 'compiled') : undefined;
}

async function start() {
  process.argv[1] = program;
  const directory = keptDirectory();
  if (program === source) {
    if (directory !== undefined) nodeModule.enableCompileCache?.(directory);
    await import(pathToFileURL(program).href);
  } else if (directory === undefined) {
    require(program);
  } else {
    const { runCompiled } = require('../../dist/run-compiled.js');
    runCompiled(program, path.join(directory, process.argv[2]));
  }
}

function fail(why) {
  console.error(`sealift: ${why}`);
  process.exit(1);
}

if (isNewEnough(process.versions.node)) {
  await start();
} else {
  const node = pinnedNode();
  if (node === undefined) {
    fail(
      `needs Node ${oldest.join('.')} or newer, this is ${process.versions.node}, and the package \`node\` is not installed; ` +
        'install a newer Node, or run `npm ci` with its scripts allowed.',
    );
  } else {
    become(node);
  }
}
