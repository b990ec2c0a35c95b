import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { canonicalOf } from '../fuzz/canonical-json.ts';
import { compareBuilds } from '../fuzz/compare-build.ts';
import { earlierSeeds, earlierTexts } from '../fuzz/earlier-failures.ts';
import { knownDifferences } from '../fuzz/known-differences.ts';
import { generateYaml } from '../fuzz/yaml-generator.ts';
import { findPeer } from '../peers/find.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';

type Numbered = readonly (readonly [number, string])[];

async function expectNoDifference(texts: Numbered): Promise<readonly string[]> {
  const compared = await compareBuilds(texts);
  expect(compared.filter(({ verdict }) => verdict === 'different')).toEqual([]);
  return compared.map(({ verdict }) => verdict);
}

function generated(seeds: readonly number[]): Numbered {
  return seeds.map((seed) => [seed, generateYaml(seed)]);
}

describeWithPeers('plain trees, built in process and by the code of kustomize', ['build-oracle'], () => {
  it('give the same objects for generated files, or the difference is listed', async () => {
    const verdicts = await expectNoDifference(generated(Array.from({ length: 500 }, (_, index) => index)));
    expect(verdicts.filter((verdict) => verdict === 'equal').length).toBeGreaterThan(150);
  });

  it('stay the same for files that once differed', async () => {
    await expectNoDifference(generated(earlierSeeds));
    await expectNoDifference(earlierTexts.map((text, index) => [index, text]));
  });

  it('differ in nothing that the documentation does not tell', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'build-differences.md'), 'utf8');
    for (const { name } of knownDifferences) expect(page).toContain(`| ${name} |`);
  });
});

/** A number that overflows is text for Go, and infinity for the library that reads here what is printed. */
const overflow = /\de\+?\d{3}/i;

describeWithPeers('the code of kustomize, which stands for it above', ['build-oracle', 'kustomize'], () => {
  let tree: string;
  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'sealift-test-fuzz-'));
    writeFileSync(join(tree, 'kustomization.yaml'), 'resources: [a.yaml]\n');
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  function printed(text: string): string {
    writeFileSync(join(tree, 'a.yaml'), text);
    const run = spawnSync(findPeer('kustomize') ?? '', ['build', tree], { encoding: 'utf8', env: {} });
    if (run.status !== 0) return 'refused';
    const objects = parseAllDocuments(run.stdout, { intAsBigInt: true }).map(
      (document) => document.toJS() as unknown,
    );
    return objects
      .filter((object) => object !== null)
      .map(canonicalOf)
      .sort()
      .join('\n');
  }

  it('gives what its binary prints', async () => {
    const seeds = Array.from({ length: 300 }, (_, index) => 5_550_000 + index);
    const compared = (await compareBuilds(generated(seeds))).filter(({ text }) => !overflow.test(text));
    expect(compared.length).toBeGreaterThan(250);
    for (const { text, theirs } of compared)
      expect([text, printed(text)]).toEqual([text, theirs.startsWith('refused: ') ? 'refused' : theirs]);
    // A process for each.
  }, 300_000);
});
