import { type Call, type Mode, on, type QuirkFamily } from './mode.ts';
import { cut, type Headers, refuse, reply } from './reply.ts';
import { rewriteHead } from './rewrite.ts';

/** Refuses the first manifest requests, then none. */
const firstRefused =
  (count: number, answer: (call: Call) => Promise<true>): Mode =>
  () => {
    let asked = 0;
    return on('manifest', 'GET HEAD', (call) => {
      asked += 1;
      return asked <= count ? answer(call) : false;
    });
  };

const busy =
  (headers: () => Headers) =>
  (call: Call): Promise<true> =>
    refuse(call, 429, { code: 'TOOMANYREQUESTS' }, headers());

const year = 365 * 24 * 60 * 60;
/** A date has whole seconds, so this is one to two seconds ahead. */
const soon = (): string => new Date(Date.now() + 2000).toUTCString();

/** The first upload of bytes meets a connection that ends. */
const firstUploadCut =
  (act: (call: Call) => true | Promise<true>): Mode =>
  () => {
    let isCut = false;
    return on('upload', 'PUT PATCH', (call) => {
      if (isCut) return false;
      isCut = true;
      return act(call);
    });
  };

const warnings: Readonly<Record<string, string[]>> = {
  warning: Array.from({ length: 40 }, (_, at) => `299 - "${`${at} `.padEnd(200, 'w')}"`),
};

export const rateLimits: QuirkFamily = {
  55: {
    does: '429 with and without `Retry-After`, bursts of 503, connections that end before or after the request',
    modes: {
      seconds: firstRefused(
        1,
        busy(() => ({ 'retry-after': '1' })),
      ),
      date: firstRefused(
        1,
        busy(() => ({ 'retry-after': soon() })),
      ),
      absent: firstRefused(
        1,
        busy(() => ({})),
      ),
      absurd: firstRefused(
        1,
        busy(() => ({ 'retry-after': `${year}` })),
      ),
      'burst-503': firstRefused(3, (call) => reply(call, 503)),
      'reset-before-body': firstUploadCut(cut),
      'reset-after-body': firstUploadCut(async (call) => {
        for await (const _ of call.request);
        return cut(call);
      }),
    },
  },
  56: {
    does: '`Warning` headers of 8 KiB on every answer',
    modes: () => (_, response) =>
      rewriteHead(response, ({ status, headers }) => ({ status, headers: { ...headers, ...warnings } })),
  },
};
