// Bundles the command into dist/, or into the folder that is named: `npm run build`. Everything is in it, so that the image and
// the published package install nothing else; a command loads the pieces that it needs, which is what makes it start at once.
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const output = path.resolve(root, process.argv[2] ?? 'dist');
const program = path.join(output, 'sealift.js');

/** Of undici what is used: without fetch, WebSocket, caches and mocks a command starts sooner. A name that is not here fails the build. */
const undiciParts = Object.entries({
  Agent: 'dispatcher/agent.js',
  ProxyAgent: 'dispatcher/proxy-agent.js',
  buildConnector: 'core/connect.js',
}).map(([name, file]) => `export { default as ${name} } from 'undici/lib/${file}';`);

const undiciInParts: Plugin = {
  name: 'undici-in-parts',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'parts' }));
    bundler.onLoad({ filter: /^undici$/, namespace: 'parts' }, () => ({
      contents: undiciParts.join('\n'),
      resolveDir: path.join(root, 'src/oci-client-ts'),
    }));
  },
};

/** Packages that have code in the bundle, by their folder. */
function bundledPackages(metafile: Metafile): string[] {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = inputs.flatMap(([file]) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

async function licenceOf(folder: string): Promise<string> {
  const directory = path.resolve(root, folder);
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  if (license === undefined && files.length === 0) throw new Error(`${name}: names no licence`);
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n');
}

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['cmd/sealift/main.ts'],
  outdir: output,
  entryNames: 'sealift',
  // Beside the program: what is looked for in its directory is found from every piece.
  chunkNames: '[name]-[hash]',
  splitting: true,
  plugins: [undiciInParts],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  minifySyntax: true,
  minifyWhitespace: true,
  // Beside the bundle and not named in it: for reading a stack trace, never for running.
  sourcemap: 'external',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  banner: {
    // CommonJS packages ask for built-in modules with `require`, which an ES module does not have.
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as requireFrom } from 'node:module';",
      'const require = requireFrom(import.meta.url);',
    ].join('\n'),
  },
});
const licences = await Promise.all(bundledPackages(metafile).map(licenceOf));
const rule = `\n\n${'-'.repeat(80)}\n\n`;
await writeFile(path.join(output, 'THIRD_PARTY_LICENSES'), `${licences.join(rule)}\n`);
// Says by itself what its files are, wherever the folder is put.
await writeFile(path.join(output, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
await chmod(program, 0o755);
const pieces = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.js'));
const size = pieces.reduce((sum, [, { bytes }]) => sum + bytes, 0);
console.log(
  `${path.relative('.', program)}: ${(size / 1024).toFixed(0)} KiB in ${pieces.length} pieces, ${licences.length} packages inside`,
);
