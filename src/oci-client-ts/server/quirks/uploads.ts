import type { Intercept } from '../intercept.ts';
import { inOrder } from '../intercept.ts';
import { type Call, type Mode, on, originOf, otherOriginOf, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';
import { rewriteHead } from './rewrite.ts';
import { demandsBasic } from './token-guard.ts';

const state = '_state=a%2Bb%2Fc%3D%3D&empty=';

/** Answers to POST and PATCH name the upload by another address. */
const relocated = (change: (location: string, call: Call) => string): Intercept => {
  const act = (call: Call): false =>
    rewriteHead(call.response, ({ status, headers }) => ({
      status,
      headers:
        headers.location === undefined
          ? headers
          : { ...headers, location: change(`${headers.location}`, call) },
    }));
  return inOrder([on('uploads', 'POST', act), on('upload', 'PATCH', act)]);
};

const located =
  (change: (location: string, call: Call) => string): Mode =>
  () =>
    relocated(change);

/** The query that came with the address has to come back to the letter. */
const demandsState: Mode = () =>
  inOrder([
    on('upload', 'PATCH PUT', (call) =>
      call.request.url?.split('?')[1]?.startsWith(state) === true
        ? false
        : refuse(call, 400, { code: 'BLOB_UPLOAD_INVALID' }),
    ),
    relocated((location) => `${location}?${state}`),
  ]);

/** A login at the registry, and a second host for the bytes that refuses the login. */
const elsewhere: Mode = () =>
  inOrder([
    (request, response) => {
      const call = { request, response };
      if (request.headers.host?.startsWith('localhost') !== true) return demandsBasic(call);
      return request.headers.authorization === undefined ? false : reply(call, 400);
    },
    relocated((location, call) => `${otherOriginOf(call)}${location}`),
  ]);

/** Each step has an address of its own; the one before is gone. */
const changing: Mode = () => {
  let step = 0;
  return inOrder([
    on('upload', 'PATCH PUT', (call) =>
      call.query.get('step') === `${step}` ? false : refuse(call, 404, { code: 'BLOB_UPLOAD_UNKNOWN' }),
    ),
    relocated((location) => {
      step += 1;
      return `${location}?step=${step}`;
    }),
  ]);
};

export const uploads: QuirkFamily = {
  52: {
    does: 'The `Location` of an upload in every form',
    modes: {
      relative: located((location) => location.split('/').at(-1) ?? ''),
      absolute: located((location, call) => `${originOf(call)}${location}`),
      'other-host': elsewhere,
      'with-query': demandsState,
      'without-query': located((location) => `${location}?`),
      changing,
    },
  },
};
