import { OciError } from '../../errors.ts';
import type { Intercept } from '../intercept.ts';
import { acr } from './acr.ts';
import { artifactory } from './artifactory.ts';
import { blobs } from './blobs.ts';
import { distribution } from './distribution.ts';
import { dockerHub } from './docker-hub.ts';
import { ecr } from './ecr.ts';
import { gar } from './gar.ts';
import { ghcr } from './ghcr.ts';
import { gitlab } from './gitlab.ts';
import { harbor } from './harbor.ts';
import { helm } from './helm.ts';
import { manifests } from './manifests.ts';
import type { Mode, Quirk } from './mode.ts';
import { nexus } from './nexus.ts';
import { paging } from './paging.ts';
import { quay } from './quay.ts';
import { rateLimits } from './rate-limits.ts';
import { redirects } from './redirects.ts';
import { referrers } from './referrers.ts';
import { tokenServer } from './token-server.ts';
import { unknownRepositories } from './unknown-repositories.ts';
import { uploads } from './uploads.ts';

/** A quirk by number, in its first mode, or in another: `54` or `'54:cut-once'`. The table is docs/oci-quirks.md. */
export type QuirkName = number | `${number}:${string}`;

/** Every quirk that a server can have, by number. */
export const quirkTable: Readonly<Record<number, Quirk>> = {
  ...gitlab,
  ...ghcr,
  ...harbor,
  ...quay,
  ...ecr,
  ...redirects,
  ...acr,
  ...artifactory,
  ...nexus,
  ...gar,
  ...distribution,
  ...dockerHub,
  ...helm,
  ...manifests,
  ...tokenServer,
  ...unknownRepositories,
  ...referrers,
  ...paging,
  ...uploads,
  ...blobs,
  ...rateLimits,
};

/** Numbers that no server can have, with the reason. */
export const notForServers: Readonly<Record<number, string>> = {
  41: 'a cache of tags that Argo CD never fills: a defect of that client, not of a registry; this client keeps no tags',
};

/** The behaviour of one numbered quirk, with a memory of its own. @throws OciError `invalid` for a name that is not in the table. */
export function quirk(name: QuirkName): Intercept {
  const [number = '', wanted] = `${name}`.split(':');
  const mode = modeOf(quirkTable[Number(number)], wanted);
  if (mode === undefined) {
    throw new OciError('invalid', `quirk ${`${name}`.slice(0, 80)}`, 'expected a name of docs/oci-quirks.md');
  }
  return mode();
}

function modeOf(found: Quirk | undefined, wanted: string | undefined): Mode | undefined {
  if (found === undefined) return undefined;
  if (typeof found.modes === 'function') return wanted === undefined ? found.modes : undefined;
  if (wanted === undefined) return Object.values(found.modes)[0];
  return Object.hasOwn(found.modes, wanted) ? found.modes[wanted] : undefined;
}
