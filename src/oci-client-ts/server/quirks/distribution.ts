import { inOrder } from '../intercept.ts';
import { withoutReferrers } from './ghcr.ts';
import { type Mode, on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';
import { withoutHeaders } from './rewrite.ts';

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const dockerTypes = 'application/vnd.docker.';

const acceptWanted: Mode = () =>
  on('manifest', 'GET HEAD', (call) =>
    call.request.headers.accept?.includes(ociManifest) === true ? false : reply(call, 404),
  );

const withoutSubject: Mode = () =>
  on('manifest', 'PUT', ({ response }) => withoutHeaders(response, 'oci-subject'));

export const distribution: QuirkFamily = {
  35: {
    does: 'registry:2, distribution v3: no referrers route, a plain-text 404 page, no `OCI-Subject`',
    modes: () => inOrder([withoutReferrers(), withoutSubject()]),
  },
  36: {
    does: 'registry:2: 404 for an OCI manifest whose type is not in `Accept`',
    modes: acceptWanted,
  },
  37: {
    does: 'registry:2 as a whole: entity tags, ranges, no referrers, no `OCI-Subject`, `Accept` obeyed',
    modes: () => inOrder([withoutReferrers(), withoutSubject(), acceptWanted()]),
  },
  38: {
    does: 'zot as a whole: referrers with filter, no entity tags, Docker types refused',
    modes: () => {
      const refused = on('manifest', 'PUT', (call) =>
        call.request.headers['content-type']?.startsWith(dockerTypes) === true
          ? refuse(call, 415, { code: 'MANIFEST_INVALID' })
          : false,
      );
      return inOrder([
        refused,
        (request, response) => {
          delete request.headers['if-none-match'];
          return withoutHeaders(response, 'etag');
        },
      ]);
    },
  },
};
