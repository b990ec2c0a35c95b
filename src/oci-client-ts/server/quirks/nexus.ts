import { on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';
import { demandsBasic } from './token-guard.ts';

const challenge = { 'www-authenticate': 'Basic realm="Sonatype Nexus Repository Manager"' };

export const nexus: QuirkFamily = {
  29: {
    does: 'Nexus: `BLOB_UPLOAD_INVALID` for the blobs of an artifact',
    modes: () => on('upload', 'PUT PATCH', (call) => refuse(call, 400, { code: 'BLOB_UPLOAD_INVALID' })),
  },
  30: {
    does: 'Nexus: POST of an upload is 401 despite the login',
    modes: () => (request, response, route) => {
      const call = { request, response };
      if (route.kind === 'uploads') return refuse(call, 401, { code: 'UNAUTHORIZED' }, challenge);
      return demandsBasic(call);
    },
  },
  31: {
    does: 'Nexus: repositories by path, `/v2/` itself is 404',
    modes: () => on('base', 'GET HEAD', (call) => reply(call, 404)),
  },
};
