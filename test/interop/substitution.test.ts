import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SealiftError } from '../../src/core/index.ts';
import { BuildSite } from '../fixtures/build-site.ts';
import { askOracle, type OracleAnswer } from '../fuzz/build-oracle.ts';
import { generateExpression, expressionVariables as variables } from '../fuzz/expression-generator.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';

/** [what the real one says, what ours says]: the same reason in other words. */
const reasons = [
  [/variable not set \(strict mode\)/, /is not set and has no default/],
  [/unable to parse variable name/, /expected a variable name/],
  [/missing closing brace/, /expected "}" to end/],
  [/unable to parse substitution within function/, /expected an operand/],
  [/bad substitution/, /expected "[}/]"|expected a variable name|expected an operand/],
] as const;

/** Told in docs/substitution.md: the real one yields bytes that are no text. */
const cutCharacter = /whole characters/;

function isText(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString('utf8')).equals(Buffer.from(bytes));
}

function agree(ours: string | SealiftError, { text, error }: OracleAnswer): boolean {
  if (typeof ours === 'string') return text !== undefined && Buffer.from(text).toString('utf8') === ours;
  if (text !== undefined) return cutCharacter.test(ours.message) && !isText(text);
  return reasons.some(([theirs, own]) => theirs.test(error ?? '') && own.test(ours.message));
}

/** Rows of the page: an expression and what it becomes, both as code. */
function documented(): readonly (readonly [string, string])[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'substitution.md'), 'utf8');
  const rows = page.matchAll(/^\| `` (.*?) `` \| (?:`` (.*?) ``|nothing|error: (.*?)) \|/gm);
  return [...rows].map(([, text = '', result = '', error]) => [
    text.replaceAll('\\|', '|'),
    error ?? result.replaceAll('\\|', '|'),
  ]);
}

describeWithPeers('variables, replaced here and by the code of Flux', ['build-oracle'], () => {
  let site: BuildSite;
  beforeAll(() => {
    site = new BuildSite();
  });
  afterAll(() => site?.close());

  /** Quoted, so that the text alone decides. */
  async function ours(text: string, strictSubstitution = true): Promise<string | SealiftError> {
    const yaml = `apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {v: ${JSON.stringify(text)}}\n`;
    const spec = { postBuild: { substitute: variables } };
    const building = site.build({ 'a.yaml': yaml }, { spec, strictSubstitution });
    const outcome = await building.catch((thrown: unknown) => thrown);
    if (outcome instanceof SealiftError) return outcome;
    const { objects } = outcome as Awaited<ReturnType<BuildSite['build']>>;
    return objects.map((object) => (object['spec'] as { readonly v: string }).v).join();
  }

  it.each([
    ['strict', true],
    ['not strict', false],
  ])('give the same for generated expressions, or fail for the same reason: %s', async (_mode, strict) => {
    const texts = Array.from({ length: 3000 }, (_, seed) => generateExpression(seed));
    const answers = askOracle(texts.map((text) => ({ text, variables, strict })));
    const different: unknown[] = [];
    for (const [index, text] of texts.entries()) {
      const answer = answers[index] ?? {};
      const own = await ours(text, strict);
      if (!agree(own, answer)) different.push([text, own, answer]);
    }
    expect(different).toEqual([]);
    expect(answers.filter(({ text }) => text !== undefined).length).toBeGreaterThan(1500);
  });

  it('give what the documentation says, for every function of the language', async () => {
    const rows = documented();
    expect(rows.length).toBeGreaterThan(60);
    const answers = askOracle(rows.map(([text]) => ({ text, variables, strict: true })));
    for (const [index, [text, result]] of rows.entries()) {
      const answer = answers[index] ?? {};
      const theirs = answer.error ?? Buffer.from(answer.text ?? []).toString('utf8');
      expect([text, theirs.replace(/: "\w+"$/, '')]).toEqual([text, result]);
      expect(agree(await ours(text), answer), text).toBe(true);
    }
  });
});
