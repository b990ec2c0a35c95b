import { join, resolve } from 'node:path';

/** Root of the checkout. */
export const root = resolve(import.meta.dirname, '..', '..');

/** Everything the quickstart makes lies below this directory; delete it to begin anew. */
const home = join('.sealift', 'quickstart');

/** Paths as a person at the root of the checkout would type them. */
export const places = {
  home,
  registry: join(home, 'registry'),
  site: join(home, 'site'),
  state: join(home, 'state'),
  delivered: join(home, 'delivered'),
  key: join(home, 'cosign'),
  next: join(home, 'next'),
  application: join('examples', 'hello-edge'),
  siteTemplate: join('examples', 'site'),
} as const;
