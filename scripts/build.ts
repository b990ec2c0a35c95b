// Bundles the command into dist/, or into the folder that is named: `npm run build`. Everything is in it, so that the image and
// the published package install nothing else; a command loads the pieces that it needs, which is what makes it start at once.
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';
import { asciiPiece, isAscii } from './ascii-piece.ts';
import { builtinsInParts } from './builtins-in-parts.ts';
import { latePackages } from './late-packages.ts';
import { undiciInParts } from './undici-in-parts.ts';

const root = path.resolve(import.meta.dirname, '..');
const output = path.resolve(root, process.argv[2] ?? 'dist');
const program = path.join(output, 'sealift.js');

/** Ours do nothing when they are loaded, but for the one that is the program: what a command does not use of them is left out. */
const ownModules = new RegExp(
  `^${root.replaceAll(/[^\w/]/g, '\\$&')}/(?:src|policies|cmd/sealift/(?!main\\.ts$))`,
);

/** Packages that have code in the bundle, by their folder. */
function bundledPackages(chunks: readonly OutputChunk[]): string[] {
  const files = chunks.flatMap(({ modules }) =>
    Object.entries(modules).flatMap(([file, { renderedLength }]) => (renderedLength > 0 ? [file] : [])),
  );
  // What begins with another sign is a module of the bundler's.
  const folders = files.flatMap((file) => /^(\/.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

async function licenceOf(directory: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  if (license === undefined && files.length === 0) throw new Error(`${name}: names no licence`);
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n');
}

/** Over what was written: Node would hold it with two bytes for each character. */
async function writeAsAscii({ fileName }: OutputChunk): Promise<void> {
  const file = path.join(output, fileName);
  const code = await readFile(file, 'utf8');
  if (isAscii(code)) return;
  const map = JSON.parse(await readFile(`${file}.map`, 'utf8'));
  const piece = asciiPiece({ code, mappings: map.mappings });
  await writeFile(file, piece.code);
  await writeFile(`${file}.map`, JSON.stringify({ ...map, mappings: piece.mappings }));
}

await using bundle = await rolldown({
  cwd: root,
  input: { main: 'cmd/sealift/main.ts', 'run-compiled': 'cmd/sealift/run-compiled.ts' },
  platform: 'node',
  transform: { target: 'node26', define: undiciInParts.define },
  treeshake: { moduleSideEffects: [{ test: ownModules, sideEffects: false }] },
  // A command that tells the version is its own file too, like the others.
  checks: { ineffectiveDynamicImport: false },
  plugins: [builtinsInParts(), latePackages(), undiciInParts.plugin(root)],
});
const { output: written } = await bundle.write({
  dir: output,
  cleanDir: true,
  // Scripts, and no modules: what V8 compiled of those cannot be kept with the functions that ran.
  format: 'cjs',
  entryFileNames: ({ name }) => (name === 'main' ? '[name]-[hash].js' : '[name].js'),
  // Beside the program: what is looked for in its directory is found from every piece.
  chunkFileNames: '[name]-[hash].js',
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  comments: false,
  // Beside the bundle and not named in it: for reading a stack trace, never for running.
  sourcemap: 'hidden',
});
const pieces = written.filter((one) => one.type === 'chunk');
await Promise.all(pieces.map(writeAsAscii));
// Every piece of the program is named by its content, so that what is kept of one is never taken for another's; this one leads to them.
const main = pieces.find(({ isEntry, name }) => isEntry && name === 'main');
await writeFile(program, `#!/usr/bin/env node\nrequire('./${main?.fileName}');\n`);
const licences = await Promise.all(bundledPackages(pieces).map(licenceOf));
const rule = `\n\n${'-'.repeat(80)}\n\n`;
await writeFile(path.join(output, 'THIRD_PARTY_LICENSES'), `${licences.join(rule)}\n`);
// Says by itself what its files are, wherever the folder is put.
await writeFile(path.join(output, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
await chmod(program, 0o755);
const size = pieces.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
console.log(
  `${path.relative('.', program)}: ${(size / 1024).toFixed(0)} KiB in ${pieces.length} pieces, ${licences.length} packages inside`,
);
