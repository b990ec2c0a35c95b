import { on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';

export const artifactory: QuirkFamily = {
  26: {
    does: 'Artifactory: a `Range` nobody asked for breaks the answer, 500',
    modes: () =>
      on('blob', 'GET', (call) => (call.request.headers.range === undefined ? false : reply(call, 500))),
  },
  27: {
    does: 'Artifactory: 406 for a manifest that is pushed',
    modes: () => on('manifest', 'PUT', (call) => reply(call, 406)),
  },
  28: {
    does: 'Artifactory: `MANIFEST_INVALID` now and then under load; the same manifest is taken a moment later',
    modes: () => {
      let asked = 0;
      return on('manifest', 'PUT', (call) => {
        asked += 1;
        return asked % 3 === 0 ? false : refuse(call, 400, { code: 'MANIFEST_INVALID' });
      });
    },
  },
};
