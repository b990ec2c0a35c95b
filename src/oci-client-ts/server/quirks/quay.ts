import { on, type QuirkFamily } from './mode.ts';
import { peekDocument } from './peek-body.ts';
import { refuse, reply } from './reply.ts';
import { tokenGuard } from './token-guard.ts';

const knownConfigs: ReadonlySet<unknown> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.cncf.helm.config.v1+json',
]);
const busyPage = '<!doctype html><html><body><h1>429 Too Many Requests</h1></body></html>';

export const quay: QuirkFamily = {
  12: {
    does: 'Quay: 415 for manifests with a config or artifact type it does not know',
    modes: () =>
      on('manifest', 'PUT', async (call) => {
        const { config, artifactType } = await peekDocument(call.request);
        const mediaType = (config as { readonly mediaType?: unknown } | undefined)?.mediaType;
        const isKnown = artifactType === undefined && knownConfigs.has(mediaType);
        return isKnown ? false : refuse(call, 415, { code: 'UNSUPPORTED', message: 'manifest type' });
      }),
  },
  13: {
    does: 'Quay: referrers answer 404 or 400, by version',
    modes: {
      '404': () => on('referrers', 'GET', (call) => refuse(call, 404, { code: 'NAME_UNKNOWN' })),
      '400': () => on('referrers', 'GET', (call) => refuse(call, 400, { code: 'MANIFEST_INVALID' })),
    },
  },
  14: {
    does: 'Quay: an empty `scope=` in the token request is refused with 400',
    modes: () =>
      tokenGuard({
        challenge: (realm) => `Bearer realm="${realm}",service="quay",scope=""`,
        answer: (call) =>
          call.query.getAll('scope').includes('') ? refuse(call, 400, { code: 'DENIED' }) : false,
      }),
  },
  17: {
    does: 'Quay: 429 with a web page for a body, twice',
    modes: () => {
      let asked = 0;
      return on('manifest', 'GET HEAD', (call) => {
        asked += 1;
        return asked <= 2 ? reply(call, 429, { 'content-type': 'text/html' }, busyPage) : false;
      });
    },
  },
};
