import { type Mode, on, type QuirkFamily } from './mode.ts';
import { redirect, refuse, reply } from './reply.ts';

/** Stands for github.com: a name that never resolves, so that nothing leaves the machine. */
const webPages = 'https://packages.invalid/-/v2/packages';
const uploadLimit = 4 * 1024 * 1024;

/** The referrers API is no route at all; the answer to a push says nothing of a subject either. */
export const withoutReferrers: Mode = () =>
  on('referrers', 'GET', (call) =>
    reply(call, 404, { 'content-type': 'text/plain; charset=utf-8' }, '404 page not found\n'),
  );

export const ghcr: QuirkFamily = {
  3: {
    does: 'GHCR: referrers answer 303 to a web page of another host, with a truncated digest',
    modes: () =>
      on('referrers', 'GET', (call) =>
        redirect(call, 303, `${webPages}/container/app/${call.route.digest.slice(0, 20)}`),
      ),
  },
  4: {
    does: 'GHCR: a manifest GET is redirected to a web page of another host, which says 404',
    modes: () => on('manifest', 'GET HEAD', (call) => redirect(call, 302, webPages)),
  },
  5: {
    does: 'GHCR: a PATCH of an upload above 4 MiB gets 416',
    modes: () =>
      on('upload', 'PATCH', (call) =>
        Number(call.request.headers['content-length'] ?? 0) > uploadLimit
          ? refuse(call, 416, { code: 'BLOB_UPLOAD_INVALID' })
          : false,
      ),
  },
  6: { does: 'GHCR: no referrers API, 404', modes: withoutReferrers },
};
