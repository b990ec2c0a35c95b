import { on, type QuirkFamily } from './mode.ts';
import { refuse } from './reply.ts';
import { rewriteHead } from './rewrite.ts';

/** Manifest GETs in the window; HEAD is free. */
const pulls = 2;

export const dockerHub: QuirkFamily = {
  39: {
    does: 'Docker Hub: GET of a manifest counts as a pull, HEAD does not; `RateLimit-*`; other names; `library/`',
    modes: () => {
      let left = pulls;
      return on('manifest', 'GET HEAD', (call) => {
        if (!call.route.repository.includes('/')) return refuse(call, 401, { code: 'UNAUTHORIZED' });
        if (call.request.method === 'GET') left -= 1;
        const limits = {
          'ratelimit-limit': `${pulls};w=21600`,
          'ratelimit-remaining': `${Math.max(left, 0)};w=21600`,
        };
        if (left < 0) return refuse(call, 429, { code: 'TOOMANYREQUESTS' }, limits);
        return rewriteHead(call.response, ({ status, headers }) => ({
          status,
          headers: { ...headers, ...limits },
        }));
      });
    },
  },
};
