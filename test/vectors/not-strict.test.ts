import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { BuildSite } from '../fixtures/build-site.ts';

const recorded = join(import.meta.dirname, '../../../shared/vectors/flux-golden/09b-substitute-not-strict');
const missing = !existsSync(recorded);
if (missing) stderr.write(`skipped: no ${recorded}\n`);

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly items?: readonly Named[];
}

function read(name: string): readonly Named[] {
  return parseAllDocuments(readFileSync(join(recorded, name), 'utf8'))
    .map((document) => document.toJS() as Named | null)
    .filter((object) => object !== null)
    .flatMap((object) => object.items ?? [object]);
}

describe.skipIf(missing)('what kustomize-controller made with StrictPostBuildSubstitutions=false', () => {
  let site: BuildSite;
  beforeAll(() => {
    site = new BuildSite();
  });
  afterAll(() => site?.close());

  it.each([
    ['with-vars', 'objects.with-vars.yaml'],
    ['no-vars', 'objects.yaml'],
  ])('is made here without strict substitution: %s', async (name, objectsFile) => {
    const files = { 'cm.yaml': readFileSync(join(recorded, 'input/tree/cm.yaml'), 'utf8') };
    const delivery = read('input/kustomizations.yaml').find(({ metadata }) => metadata.name === name);
    const theirs = read(objectsFile).find(({ kind }) => kind === 'ConfigMap');
    const postBuild = delivery?.spec?.['postBuild'];
    const { objects } = await site.build(files, { spec: { postBuild }, strictSubstitution: false });
    expect(theirs?.data).toBeDefined();
    expect(objects.map((object) => object['data'])).toEqual([theirs?.data]);
  });
});
