import { type Call, type Mode, otherOriginOf, type QuirkFamily } from './mode.ts';
import { redirect, refuse, reply } from './reply.ts';
import { plainChallenge, type TokenServer, tokenGuard, tokenPath } from './token-guard.ts';

const guarded =
  (server: TokenServer): Mode =>
  () =>
    tokenGuard(server);

/** The registry sends its clients to a token server at this address. */
const realmAt = (realm: string): Mode =>
  guarded({ challenge: (_realm, needed) => plainChallenge(realm, needed) });

const challenged = (challenge: NonNullable<TokenServer['challenge']>): Mode => guarded({ challenge });

const hour = 60 * 60 * 1000;
const issued = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString();

const oddService = 'a, "quoted" \\ service=x';
const quoted: TokenServer = {
  challenge: (realm, needed) =>
    `Bearer scope="${needed}", service="a, \\"quoted\\" \\\\ service=x" ,realm="${realm}"`,
  answer: (call) =>
    call.query.get('service') === oddService ? false : refuse(call, 400, { code: 'DENIED' }),
};

const redirected: TokenServer = {
  answer: (call: Call) => redirect(call, 302, `${otherOriginOf(call)}${tokenPath}?moved`),
};

const realms: Readonly<Record<string, Mode>> = {
  http: realmAt('http://realm.invalid/token'),
  'ip-literal': realmAt('https://127.9.9.9/token'),
  'private-address': realmAt('https://10.0.0.1/token'),
  'link-local': realmAt('https://169.254.169.254/token'),
  'other-host': realmAt('https://realm.invalid/token'),
  redirect: guarded(redirected),
  '1-mib': guarded({ about: () => ({ padding: ' '.repeat(1024 * 1024) }) }),
  'not-json': guarded({ answer: (call) => reply(call, 200, { 'content-type': 'text/html' }, '<html>') }),
  'many-challenges': challenged(
    (realm, needed) => `Digest realm="a, b", nonce="x", ${plainChallenge(realm, needed)}, Negotiate`,
  ),
  'two-headers': challenged((realm, needed) => ['Negotiate', plainChallenge(realm, needed)]),
  quoted: guarded(quoted),
  'unknown-scheme-first': challenged(
    (realm, needed) => `Negotiate TlRMTVNTUA==, ${plainChallenge(realm, needed)}`,
  ),
};

export const tokenServer: QuirkFamily = {
  43: {
    does: 'A token server that reads the first scope only; the challenge asks for another repository first',
    modes: guarded({
      challenge: (realm, needed) => plainChallenge(realm, `repository:other/base:pull ${needed}`),
      grants: (asked) => asked.slice(0, 1),
    }),
  },
  44: {
    does: 'A token server without OAuth2: POST is 404',
    modes: guarded({ answer: (call) => (call.request.method === 'POST' ? reply(call, 404) : false) }),
  },
  45: {
    does: 'A token server with a wrong clock, or that grants no time',
    modes: {
      future: guarded({ about: () => ({ issued_at: issued(24 * hour), expires_in: 300 }) }),
      past: guarded({ about: () => ({ issued_at: issued(-5 * hour), expires_in: 300 }) }),
      'no-lifetime': guarded({ about: () => ({}) }),
      short: guarded({ about: () => ({ expires_in: 1 }) }),
    },
  },
  49: {
    does: 'A realm that leads elsewhere or inward, or a challenge or token that is hard to read',
    modes: realms,
  },
};
