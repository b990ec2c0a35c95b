import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const files = {
  'a.yaml':
    'apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {at: "${SITE_NAME}", in: "${SITE_REGION}"}\n',
};
const siteVariables = { SITE_NAME: 'harbour-17', SITE_REGION: 'north' };

async function specWith(spec: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { objects } = await site.build(files, { siteVariables, spec });
  return objects[0]?.['spec'];
}

describe('variables of the site', () => {
  it('are substituted where the delivery substitutes at all', async () => {
    expect(await specWith({ postBuild: {} })).toEqual({ at: 'harbour-17', in: 'north' });
  });

  it('leave a delivery alone that does not', async () => {
    expect(await specWith({})).toEqual({ at: '${SITE_NAME}', in: '${SITE_REGION}' });
  });

  it('give way to those of the delivery', async () => {
    const postBuild = { substitute: { SITE_REGION: 'south' } };
    expect(await specWith({ postBuild })).toEqual({ at: 'harbour-17', in: 'south' });
  });
});
