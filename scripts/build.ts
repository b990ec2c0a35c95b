// Bundles the command into dist/: `npm run build`. One file, so that the image and the published package install nothing else.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';

const output = 'dist';
const root = path.resolve(import.meta.dirname, '..');

/** Packages of node_modules that have code in the bundle, by folder. */
function bundledPackages(metafile: Metafile): string[] {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = inputs.flatMap(([file]) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

async function licenceOf(folder: string): Promise<string> {
  const directory = path.join(root, folder);
  const { name, version, license } = JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8'));
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  if (license === undefined && files.length === 0) throw new Error(`${name}: names no licence`);
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n');
}

await rm(path.join(root, output), { recursive: true, force: true });
await mkdir(path.join(root, output));
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['cmd/sealift/main.ts'],
  outfile: `${output}/sealift.js`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  minifySyntax: true,
  minifyWhitespace: true,
  // Beside the bundle, and not named in it: an agent does not read 3 MB of it at start.
  sourcemap: 'external',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages ask for built-in modules with `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
});
const packages = bundledPackages(metafile);
const licences = await Promise.all(packages.map(licenceOf));
await writeFile(
  path.join(root, output, 'THIRD_PARTY_LICENSES'),
  `${licences.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
);
const { size } = await stat(path.join(root, output, 'sealift.js'));
console.log(`${output}/sealift.js: ${(size / 1024).toFixed(0)} KiB, ${packages.length} packages`);
