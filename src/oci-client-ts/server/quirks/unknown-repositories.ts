import { inOrder } from '../intercept.ts';
import { on, type QuirkFamily } from './mode.ts';
import { refuse } from './reply.ts';

const challenge = { 'www-authenticate': 'Basic realm="test"' };

export const unknownRepositories: QuirkFamily = {
  46: {
    does: 'A repository that is not there is 401 for a manifest and 403 for tags, so that nobody learns of it',
    modes: () =>
      inOrder([
        on('manifest', 'GET HEAD', (call) => refuse(call, 401, { code: 'UNAUTHORIZED' }, challenge)),
        on('tags', 'GET', (call) => refuse(call, 403, { code: 'DENIED' })),
      ]),
  },
};
