// Around `npm pack` of src/oci-client-ts: `prepare` compiles it and lets its package.json point at what was compiled, `restore` points it
// back at the sources, which run here as they are. npm knows no other way to publish other exports than those of the working tree.
import { execFileSync } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'src/oci-client-ts');
const compiled = path.join(folder, 'dist');
const manifestFile = path.join(folder, 'package.json');

const sourceExports = { '.': './index.ts' };
const publishedExports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } };

/** In one step: whoever resolves the package meanwhile finds one of the two. */
async function setExports(exports: unknown): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  if (JSON.stringify(manifest.exports) === JSON.stringify(exports)) return;
  await writeFile(`${manifestFile}.new`, `${JSON.stringify({ ...manifest, exports }, undefined, 2)}\n`);
  await rename(`${manifestFile}.new`, manifestFile);
}

async function compile(): Promise<void> {
  await rm(compiled, { recursive: true, force: true });
  const compiler = path.join(root, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', path.join(folder, 'tsconfig.build.json')], { stdio: ['ignore', 2, 2] });
}

const act = process.argv[2];
if (act === 'prepare') {
  await compile();
  await setExports(publishedExports);
} else if (act === 'restore') {
  await setExports(sourceExports);
  await rm(compiled, { recursive: true, force: true });
} else {
  throw new Error(`expected prepare or restore, got ${act}`);
}
