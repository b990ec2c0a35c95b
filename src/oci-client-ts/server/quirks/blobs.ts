import type { Intercept } from '../intercept.ts';
import { type Call, type Mode, on, type QuirkFamily } from './mode.ts';
import { refuse, reply } from './reply.ts';
import { holdAnswer, rewriteAnswer, type Whole } from './rewrite.ts';
import { storage } from './storage.ts';

type Parts = Parameters<Parameters<typeof holdAnswer>[1]>[1];
type Sender = (answer: Whole, parts: Parts, call: Call) => void;

/** Sends the content of a blob in a way of its own. */
const sent = (send: Sender): Intercept =>
  on('blob', 'GET', (call) =>
    holdAnswer(call.response, (answer, parts) => {
      if (answer.status < 300) return send(answer, parts, call);
      parts.writeHead(answer.status, answer.headers);
      parts.end(answer.body);
    }),
  );

/** Half of the bytes, then the connection ends. */
const half: Sender = ({ status, headers, body }, { writeHead, write }, { request }) => {
  writeHead(status, headers);
  write(body.subarray(0, body.byteLength / 2), () => request.socket.destroy());
};

/** Another body than the registry's, its length said or not. */
const resized =
  (change: (body: Buffer) => Buffer, saysLength: boolean): Mode =>
  () =>
    sent(({ status, headers, body }, { writeHead, end }) => {
      const next = change(body);
      const { 'content-length': _, ...rest } = headers;
      writeHead(status, saysLength ? { ...rest, 'content-length': `${next.byteLength}` } : rest);
      end(next);
    });

/** The first answer breaks off in the middle; `next` has the ones that follow. */
const afterCut =
  (next: () => Intercept): Mode =>
  () => {
    let isCut = false;
    const later = next();
    const first = sent(half);
    return (request, response, route) => {
      if (isCut || route.kind !== 'blob' || request.method !== 'GET') return later(request, response, route);
      isCut = true;
      return first(request, response, route);
    };
  };

/** Answers to a range with another part, or as a part of something else. */
const misplaced = (skipped: number, added: number): Mode =>
  afterCut(() =>
    on('blob', 'GET', ({ response }) =>
      rewriteAnswer(response, (answer) => {
        const { headers, body } = answer;
        const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(`${headers['content-range']}`) ?? [];
        if (start === undefined) return answer;
        const range = `bytes ${Number(start) + skipped}-${end}/${Number(total) + added}`;
        return { ...answer, headers: { ...headers, 'content-range': range }, body: body.subarray(skipped) };
      }),
    ),
  );

const wholeForRange: Mode = afterCut(() =>
  on('blob', 'GET', ({ request }) => {
    delete request.headers.range;
    return false;
  }),
);

const changingEtag: Mode = () => {
  let answers = 0;
  return on('blob', 'GET', (call) =>
    holdAnswer(call.response, (answer, parts) => {
      answers += 1;
      const { status, body } = answer;
      const headers = { ...answer.headers, etag: `"answer-${answers}"` };
      if (answers === 1) return half({ status, headers, body }, parts, call);
      parts.writeHead(status, headers);
      parts.end(body);
    }),
  );
};

/** A few bytes, then silence; the connection stays. */
const stall: Sender = ({ status, headers, body }, { writeHead, write }) => {
  writeHead(status, headers);
  write(body.subarray(0, 1));
};

/** One byte at a time, `slowStepMs` apart. */
const slowStepMs = 20;
const slow: Sender = ({ status, headers, body }, { writeHead, write, end }) => {
  writeHead(status, headers);
  let at = 0;
  const timer = setInterval(() => {
    write(body.subarray(at, at + 1));
    at += 1;
    if (at < body.byteLength) return;
    clearInterval(timer);
    end();
  }, slowStepMs);
  timer.unref();
};

/** An address of the storage is good for one answer, which breaks off; a second use of it is refused. */
const expiringAddress: Mode = () => {
  const used = new Set<string>();
  return storage((call) => {
    const url = call.request.url ?? '';
    if (used.has(url)) return reply(call, 403, { 'content-type': 'application/xml' }, '<Error/>');
    used.add(url);
    if (used.size > 1) return false;
    holdAnswer(call.response, (answer, parts) => half(answer, parts, call));
    return false;
  });
};

export const blobs: QuirkFamily = {
  54: {
    does: 'The bytes of a blob are too many, too few, cut off, misplaced, late or elsewhere',
    modes: {
      'too-long': resized((body) => Buffer.concat([body, Buffer.from('more')]), true),
      'too-long-unsaid': resized((body) => Buffer.concat([body, Buffer.from('more')]), false),
      'too-short': resized((body) => body.subarray(1), true),
      'too-short-unsaid': resized((body) => body.subarray(1), false),
      wrong: resized((body) => Buffer.from(body).fill('x', 0, 1), true),
      'cut-once': afterCut(() => () => false),
      'cut-always': () => sent(half),
      '200-for-range': wholeForRange,
      'wrong-start': misplaced(1, 0),
      'wrong-total': misplaced(0, 1),
      '416': afterCut(() =>
        on('blob', 'GET', (call) =>
          call.request.headers.range === undefined ? false : refuse(call, 416, { code: 'SIZE_INVALID' }),
        ),
      ),
      'etag-changes': changingEtag,
      stalls: () => sent(stall),
      slow: () => sent(slow),
      'expiring-redirect': expiringAddress,
    },
  },
};
