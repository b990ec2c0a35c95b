import { on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';

/** HEAD requests that the upstream of a proxy cache lets pass. */
const upstreamHeads = 2;

export const harbor: QuirkFamily = {
  7: {
    does: 'Harbor up to 2.7: 401 without `WWW-Authenticate` on referrers',
    modes: () => on('referrers', 'GET', (call) => refuse(call, 401, { code: 'UNAUTHORIZED' })),
  },
  8: {
    does: 'Harbor: referrers and manifests of an unknown project answer 404 with a code outside the specification',
    modes: () => {
      const error = { code: 'NOT_FOUND', message: 'project team not found' };
      const referrers = on('referrers', 'GET', (call) => refuse(call, 404, error));
      const manifests = on('manifest', 'GET HEAD', (call) => refuse(call, 404, error));
      return async (...seen) => (await referrers(...seen)) || manifests(...seen);
    },
  },
  9: {
    does: 'Harbor proxy cache: HEAD of a blob is 404 although GET has it',
    modes: () => on('blob', 'HEAD', (call) => refuse(call, 404, { code: 'BLOB_UNKNOWN' })),
  },
  10: {
    does: 'Harbor proxy cache: every HEAD of a manifest counts against the limits of the upstream, then 429',
    modes: () => {
      let heads = 0;
      return on('manifest', 'HEAD', (call) => {
        heads += 1;
        return heads > upstreamHeads ? refuse(call, 429, { code: 'TOOMANYREQUESTS' }) : false;
      });
    },
  },
  11: {
    does: 'Harbor proxy cache: what was only asked for by HEAD is not kept, and gone when the upstream is',
    modes: () => {
      const asked = new Set<string>();
      const kept = new Set<string>();
      return on('manifest', 'GET HEAD', (call) => {
        const { reference } = call.route;
        if (asked.has(reference) && !kept.has(reference)) return reply(call, 404);
        asked.add(reference);
        if (call.request.method === 'GET') kept.add(reference);
        return false;
      });
    },
  },
};
