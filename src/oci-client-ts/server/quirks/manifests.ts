import { gzipSync } from 'node:zlib';
import { maxManifestBytes } from '../../manifest.ts';
import { mediaTypes } from '../../media-types.ts';
import { type Mode, on, type QuirkFamily } from './mode.ts';
import { reply } from './reply.ts';
import { holdAnswer, rewriteAnswer, rewriteHead, type Whole } from './rewrite.ts';

const empty = { mediaType: mediaTypes.ociEmpty, digest: `sha256:${'0'.repeat(64)}`, size: 2 };
const other = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: empty,
  layers: [],
});
const both = JSON.stringify({ schemaVersion: 2, config: empty, layers: [], manifests: [] });

const rewritten =
  (change: (answer: Whole) => Whole): Mode =>
  () =>
    on('manifest', 'GET', ({ response }) =>
      rewriteAnswer(response, (answer) => (answer.status === 200 ? change(answer) : answer)),
    );

const withBody = (body: string | Buffer) =>
  rewritten((answer) => ({ ...answer, headers: withoutEtag(answer), body: Buffer.from(body) }));

function withoutEtag({ headers }: Whole): Whole['headers'] {
  const { etag: _, ...rest } = headers;
  return rest;
}

/** Bytes without an end, as fast as the reader takes them. */
const endless: Mode = () =>
  on('manifest', 'GET', ({ response }) => {
    const spaces = Buffer.alloc(64 * 1024, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(spaces));
    };
    response.writeHead(200, { 'content-type': mediaTypes.ociManifest });
    response.on('drain', more);
    more();
    return true;
  });

/** Says more bytes than it sends, and closes. */
const shorterThanSaid: Mode = () =>
  on('manifest', 'GET', ({ response, request }) =>
    holdAnswer(response, ({ status, headers, body }, { writeHead, write }) => {
      writeHead(status, { ...headers, 'content-length': `${body.byteLength + 7}` });
      write(body, () => request.socket.destroy());
    }),
  );

/** HEAD sees the tag as it was: another digest than GET answers with. */
const movingTag: Mode = () =>
  on('manifest', 'HEAD', (call) =>
    reply(call, 200, {
      'content-type': mediaTypes.ociManifest,
      'docker-content-digest': `sha256:${'1'.repeat(64)}`,
      etag: `"sha256:${'1'.repeat(64)}"`,
    }),
  );

export const manifests: QuirkFamily = {
  42: {
    does: 'The `Content-Length` of a manifest is not the length of its body',
    modes: {
      head: () =>
        on('manifest', 'HEAD', ({ response }) =>
          rewriteHead(response, ({ status, headers }) => ({
            status,
            headers: { ...headers, 'content-length': `${Number(headers['content-length']) + 7}` },
          })),
        ),
      get: shorterThanSaid,
    },
  },
  53: {
    does: 'A manifest is not what was asked for, or no manifest',
    modes: {
      'other-content': withBody(other),
      'header-lies': () =>
        on('manifest', 'GET HEAD', ({ response }) =>
          rewriteHead(response, ({ status, headers }) => ({
            status,
            headers: { ...headers, 'docker-content-digest': `sha256:${'2'.repeat(64)}` },
          })),
        ),
      'type-differs': rewritten((answer) => ({
        ...answer,
        headers: { ...answer.headers, 'content-type': mediaTypes.ociIndex },
      })),
      'both-kinds': withBody(both),
      endless,
      // Made when it is asked for: an agent that never is should not carry it.
      '5-mib': rewritten((answer) => ({
        ...answer,
        headers: withoutEtag(answer),
        body: Buffer.alloc(maxManifestBytes + 1024 * 1024, ' '),
      })),
      gzip: rewritten((answer) => ({
        ...answer,
        headers: { ...answer.headers, 'content-encoding': 'gzip' },
        body: gzipSync(answer.body),
      })),
      empty: withBody(''),
      'tag-moves': movingTag,
    },
  },
};
