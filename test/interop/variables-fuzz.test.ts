import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChildProcessExec } from '../../src/build/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { type Asked, BuildSite } from '../fixtures/build-site.ts';
import { askOracle, type OracleAnswer } from '../fuzz/build-oracle.ts';
import { canonicalOf, canonicalOfText } from '../fuzz/canonical-json.ts';
import { earlierVariableSeeds } from '../fuzz/earlier-failures.ts';
import { darkVariables, generateVariables } from '../fuzz/variable-generator.ts';
import { findPeer } from '../peers/find.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';

const kustomization = 'resources: [a.yaml]\n';
const spec = { postBuild: { substitute: darkVariables } };
const refused = (outcome: string): boolean => outcome.startsWith('refused: ');

type Holds = (text: string, ours: string, theirs: string) => boolean;

const theyRefuse =
  (variable: RegExp): Holds =>
  (text, ours, theirs) =>
    variable.test(text) && !refused(ours) && refused(theirs);

const rounded = (text: string): string => text.replaceAll(/\d{16,}/g, (digits) => String(Number(digits)));

/** Told in docs/build-differences.md. */
const listed: readonly (readonly [name: string, holds: Holds])[] = [
  ['tags in values', (text, ours, theirs) => /\$\{tag/.test(text) && refused(ours) && !refused(theirs)],
  ['quotes in values', theyRefuse(/\$\{(single|double|apostrophe)/)],
  ['blanks before values', theyRefuse(/\|\n +\$\{blank/)],
  ['large numbers', (_text, ours, theirs) => rounded(ours) === rounded(theirs)],
];

describeWithPeers(
  'objects with variables, built here and by the code of Flux',
  ['build-oracle', 'kustomize'],
  () => {
    let site: BuildSite;
    beforeAll(() => {
      site = new BuildSite();
    });
    afterAll(() => site?.close());

    async function ours(text: string, asked: Asked): Promise<string> {
      const files = { 'kustomization.yaml': kustomization, 'a.yaml': text };
      try {
        const { objects } = await site.build(files, { ...asked, spec });
        return objects.map(canonicalOf).join('\n');
      } catch (thrown) {
        if (thrown instanceof SealiftError) return `refused: ${thrown.message}`;
        throw thrown;
      }
    }

    function theirs({ objects = [], error }: OracleAnswer): string {
      return error === undefined ? objects.map(canonicalOfText).join('\n') : `refused: ${error}`;
    }

    async function compare(seeds: readonly number[]): Promise<readonly string[]> {
      const texts = seeds.map(generateVariables);
      const answers = askOracle(
        texts.map((text) => ({
          files: { 'kustomization.yaml': kustomization, 'a.yaml': text },
          spec,
          strict: true,
        })),
      );
      const kustomize = { exec: createChildProcessExec(), kustomize: findPeer('kustomize') ?? '' };
      const verdicts: string[] = [];
      for (const [index, text] of texts.entries()) {
        const own = await ours(text, kustomize);
        const real = theirs(answers[index] ?? {});
        const name = listed.find(([, holds]) => holds(text, own, real))?.[0];
        const both = refused(own) && refused(real);
        if (own !== real && !both && name === undefined) expect([seeds[index], text, own]).toEqual(real);
        verdicts.push(own === real ? 'equal' : (name ?? 'refused by both'));
      }
      return verdicts;
    }

    it('are the same, or refused by both, or the difference is listed', async () => {
      const verdicts = await compare(Array.from({ length: 300 }, (_, index) => index));
      expect(verdicts.filter((verdict) => verdict === 'equal').length).toBeGreaterThan(150);
      // A process for each.
    }, 300_000);

    it('stay the same for those that once differed', async () => {
      await compare(earlierVariableSeeds);
    });

    it('differ in nothing that the documentation does not tell', () => {
      const page = readFileSync(
        join(import.meta.dirname, '..', '..', 'docs', 'build-differences.md'),
        'utf8',
      );
      for (const [name] of listed) expect(page).toContain(`| ${name} |`);
    });
  },
);
