import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compareBuilds } from '../fuzz/compare-build.ts';
import { earlierSeeds, earlierTexts } from '../fuzz/earlier-failures.ts';
import { knownDifferences } from '../fuzz/known-differences.ts';
import { generateYaml } from '../fuzz/yaml-generator.ts';
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
