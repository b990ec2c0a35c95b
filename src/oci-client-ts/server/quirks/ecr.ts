import type { Intercept } from '../intercept.ts';
import { withoutReferrers } from './ghcr.ts';
import { on, type QuirkFamily } from './mode.ts';
import { peekDocument } from './peek-body.ts';
import { refuse, reply, replyJson } from './reply.ts';
import { rewriteAnswer, withoutHeaders } from './rewrite.ts';
import { demandsBasic } from './token-guard.ts';

const expired = 'Your authorization token has expired. Reauthenticate and try again.';

/** The first credential works once and has expired then. */
function expiringCredential(): Intercept {
  let first: string | undefined;
  let uses = 0;
  return (request, response) => {
    const call = { request, response };
    const { authorization } = request.headers;
    if (authorization === undefined) return demandsBasic(call);
    first ??= authorization;
    if (authorization !== first) return false;
    uses += 1;
    return uses === 1 ? false : refuse(call, 403, { code: 'DENIED', message: expired });
  };
}

export const ecr: QuirkFamily = {
  15: {
    does: 'ECR, public.ecr.aws, registry.redhat.io: no `Docker-Content-Digest`',
    modes: () => (_, response) => withoutHeaders(response, 'docker-content-digest'),
  },
  16: { does: 'ECR: `OCI-Subject` in the answer to a push, and no referrers API', modes: withoutReferrers },
  18: {
    does: 'ECR: 405 for a manifest with a subject',
    modes: () =>
      on('manifest', 'PUT', async (call) => {
        const { subject } = await peekDocument(call.request);
        return subject === undefined ? false : refuse(call, 405, { code: 'UNSUPPORTED' });
      }),
  },
  19: {
    does: 'ECR: a page of more than 1000 tags is refused with 400',
    modes: () =>
      on('tags', 'GET', (call) => {
        const message = "'maxResults' failed to satisfy constraint: must be at most 1000";
        const isRefused = Number(call.query.get('n') ?? 0) > 1000;
        return isRefused ? refuse(call, 400, { code: 'INVALID_PARAMETER', message }) : false;
      }),
  },
  20: {
    does: 'public ECR: a full page of tags without `Link` although there are more',
    modes: () => on('tags', 'GET', ({ response }) => withoutHeaders(response, 'link')),
  },
  21: {
    does: 'public ECR: JSON that is not of the specification, in errors and in lists',
    modes: {
      errors: () => (_, response) =>
        rewriteAnswer(response, (answer) =>
          answer.status < 400
            ? answer
            : { ...answer, body: Buffer.from('{"message":"Not Found","type":"Exception"}') },
        ),
      tags: () => on('tags', 'GET', (call) => replyJson(call, 200, { message: null, tagList: {} })),
      referrers: () =>
        on('referrers', 'GET', (call) =>
          reply(call, 200, { 'content-type': 'application/json' }, '{"referrers":[]}'),
        ),
    },
  },
  22: { does: 'ECR: an expired credential is answered with 403, not 401', modes: expiringCredential },
};
