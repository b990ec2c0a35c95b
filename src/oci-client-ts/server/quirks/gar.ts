import { inOrder } from '../intercept.ts';
import { on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';
import { tokenGuard } from './token-guard.ts';

export const gar: QuirkFamily = {
  32: {
    does: 'GAR: no upload in chunks',
    modes: () => on('upload', 'PATCH', (call) => refuse(call, 405, { code: 'UNSUPPORTED' })),
  },
  33: {
    does: 'GAR: 401 without a challenge for HEAD of a blob, with a challenge everywhere else',
    modes: () => {
      const head = on('blob', 'HEAD', (call) =>
        call.request.headers.authorization === undefined ? reply(call, 401) : false,
      );
      return inOrder([head, tokenGuard()]);
    },
  },
  34: {
    does: 'GAR: a push to a repository that is not there answers 200 and stores nothing',
    modes: () => on('manifest', 'PUT', (call) => reply(call, 200, { 'content-type': 'text/html' })),
  },
};
