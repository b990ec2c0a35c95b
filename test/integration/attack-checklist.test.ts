import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './house/link-packages.ts';

/** What somebody may try, in the order of its number. A test that shows that it fails is named `attack NN: ...`. */
const attacks = [
  'a log entry that is valid, and belongs to another signature, hash or key',
  'a time that no promise of a log covers; evidence that was taken out proves one',
  'a field of a policy that nothing looks at',
  'one log, or one timestamp authority, that counts twice',
  'a key outside of its window',
  'an entry of a log whose key was not in use',
  'another statement that is passed off as a signature; a payload that does not parse',
  'a signature or attestation of another artifact, put beside this one',
  'an attestation that was found, and that nobody checked',
  'a tag that moves between verdict and pull',
  'other bytes, or another descriptor, than were asked for',
  'lists, bodies and pages without end; thousands of signatures',
  'an authority that had expired when it signed',
  'a stranger’s certificate in a timestamp',
  'an older artifact, with its valid signature',
  'one signer who reaches a threshold under two names',
  'a failure in the middle that ends as an acceptance',
  'one text that two parsers read in two ways',
  'a pattern that matches more than it names',
  'a way to make the credential of the registry go to another host',
  'an archive that reaches out of its directory',
  'keys and authorities that come with the evidence',
  'an empty identity that matches',
  'a tag that is written over',
  'signatures that are taken away',
  'an older format, where the policy asks for the newer one',
  'a simple signature of another type, or with more or less in it than belongs there',
  'a layer of another type with a signature’s annotation; an annotation that is missing or empty',
  'a referrer whose subject is another one',
  'the child of a signed index that passes as signed',
  'a manifest that is of two types at once',
  'base64 and PEM with something between or behind',
  'a certificate that is for something else, of nobody, or in no log',
  'a clock or a proven time that cannot be right',
  'state that is lost, cut off, older, or in disagreement',
  'a sequence that is none, or is given twice',
  'trust material that goes back, skips a version, has expired, or is signed by the wrong keys',
  'thresholds that are no numbers; one key twice',
  'a verdict that is kept for one thing and found for another',
  'a signature that only the fallback tag lists',
  'a registry that fails, so that there seems to be no signature',
  'both kinds of content or of key in one bundle; an unknown kind of bundle',
  'hundreds of timestamps, thousands of log entries',
  'a signature with another hash than the key’s own',
  'an artifact that is meant for another site',
  'an artifact that has expired',
  'bad candidates before and behind a good one',
  'a trusted root with something missing or strange in it',
] as const;

const page = path.join(root, 'docs/attack-checklist.md');

/** Test files that have a test named after an attack, by its number. */
async function namedTests(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>();
  for await (const file of glob('{src,cmd,test}/**/*.test.ts', { cwd: root })) {
    const text = await readFile(path.join(root, file), 'utf8');
    for (const [, number = ''] of text.matchAll(/['"`]attack (\d+): /g)) {
      const files = found.get(number) ?? new Set();
      found.set(number, files.add(file));
    }
  }
  return found;
}

const numbers = attacks.map((_attack, at) => String(at + 1).padStart(2, '0'));

it('every attack of the checklist has a test that is named after it, and no test another number', async () => {
  const found = await namedTests();
  expect([...found.keys()].sort()).toEqual(numbers);
});

it('the page says where these tests are: `vitest run test/integration/attack-checklist.test.ts -u` writes it', async () => {
  const found = await namedTests();
  const rows = numbers.map((number, at) => {
    const files = [...(found.get(number) ?? [])].sort();
    const links = files.map((file) => `[${path.basename(file, '.test.ts')}](../${file})`).join(', ');
    return `| ${number} | ${attacks[at]} | ${links} |`;
  });
  const text = `# Attacks, and the tests that show that they fail

Each line has tests named \`attack NN: …\`. For \`src/verify\`, \`npm run test:mutants\` takes every single check out and sees that a test
turns red. What Sealift defends, and what not: [verification.md](verification.md#threat-model). This page is generated from the tests.

| attack | somebody tries | tests |
| --- | --- | --- |
${rows.join('\n')}
`;
  await expect(text).toMatchFileSnapshot(page);
});
