import type { Intercept } from '../intercept.ts';
import { inOrder } from '../intercept.ts';
import { type Call, type Mode, on, type QuirkFamily } from './mode.ts';
import { redirect, reply } from './reply.ts';
import { storage } from './storage.ts';
import { demandsBasic } from './token-guard.ts';

type Denial = readonly [type: string, body: string];

/** A registry with a login, before a storage with signed addresses that refuses a second way to prove who asks. */
function signedStorage([type, body]: Denial): Intercept {
  const guard: Intercept = (request, response, route) =>
    'repository' in route ? demandsBasic({ request, response }) : false;
  const look = (call: Call): false | Promise<true> =>
    call.request.headers.authorization === undefined
      ? false
      : reply(call, 400, { 'content-type': type }, body);
  return inOrder([guard, storage(look)]);
}

const s3: Denial = [
  'application/xml',
  '<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>',
];
const azure: Denial = [
  'application/xml',
  '<Error><Code>InvalidAuthenticationInfo</Code><Message>Authentication information is not given in the correct format</Message></Error>',
];

const blobTo =
  (location: (call: Call) => string): Mode =>
  () =>
    on('blob', 'GET', (call) => redirect(call, 307, location(call)));

/** Each hop counts one up in the query, on the same host. */
const hops =
  (count: number): Mode =>
  () =>
    on('blob', 'GET', (call) => {
      const at = Number(call.query.get('hop') ?? 0);
      const [path] = (call.request.url ?? '').split('?');
      return at >= count ? false : redirect(call, 302, `${path}?hop=${at + 1}`);
    });

export const redirects: QuirkFamily = {
  23: {
    does: 'Storage on S3 (ECR, Harbor): `Authorization` on the redirected request is refused with 400',
    modes: () => signedStorage(s3),
  },
  24: {
    does: 'Storage of ACR: `Authorization` on the redirected request is refused with 400',
    modes: () => signedStorage(azure),
  },
  50: {
    does: 'Redirects that lead elsewhere, nowhere or inward',
    modes: {
      'cross-host': () => storage(),
      downgrade: blobTo(({ request }) => `http://${request.headers.host}/elsewhere`),
      'link-local': blobTo(() => 'http://169.254.169.254/latest/meta-data'),
      loopback: blobTo(() => 'https://127.0.0.1:1/'),
      loop: blobTo(({ request }) => request.url ?? ''),
      'five-hops': hops(5),
      'six-hops': hops(6),
      put: () => on('manifest', 'PUT', (call) => redirect(call, 307, `${call.request.url}?again`)),
    },
  },
};
