import { type Call, type Mode, on, otherOriginOf, type QuirkFamily } from './mode.ts';
import { replyJson } from './reply.ts';

const tagsOf =
  (tags: () => unknown): Mode =>
  () =>
    on('tags', 'GET', (call) => replyJson(call, 200, { tags: tags() }));

/** Made when it is asked for: as a constant it would stay in the memory of whoever imports the package. */
const numberedTags = (length: number) => (): readonly string[] => Array.from({ length }, (_, at) => `v${at}`);

/** Page `?page=N` holds one tag; `link` names what follows, if anything. */
const linked =
  (link: (call: Call, page: number) => string | undefined): Mode =>
  () =>
    on('tags', 'GET', (call) => {
      const page = Number(call.query.get('page') ?? 1);
      const header = link(call, page);
      return replyJson(call, 200, { tags: [`v${page}`] }, header === undefined ? {} : { link: header });
    });

const path = ({ request }: Call): string => (request.url ?? '').split('?')[0] ?? '';

export const paging: QuirkFamily = {
  51: {
    does: '`Link` to another origin, relative, without end, to the same page, or without `rel`',
    modes: {
      'other-origin': linked((call) => `<${otherOriginOf(call)}${path(call)}?page=2>; rel="next"`),
      relative: linked((_call, page) => (page < 3 ? `<list?page=${page + 1}>; rel="next"` : undefined)),
      endless: linked((call, page) => `<${path(call)}?page=${page + 1}>; rel="next"`),
      repeated: linked(({ request }) => `<${request.url}>; rel="next"`),
      'no-rel': linked((call, page) => (page < 3 ? `<${path(call)}?page=${page + 1}>` : undefined)),
    },
  },
  57: {
    does: 'Lists of tags that are `null`, huge, not sorted, or hold what is no tag',
    modes: {
      null: tagsOf(() => null),
      '100000': tagsOf(numberedTags(100_000)),
      '100001': tagsOf(numberedTags(100_001)),
      'not-tags': tagsOf(() => ['v1', '', '../up', 'a b', 'x'.repeat(129), 7, null, 'v2']),
      'not-sorted': tagsOf(() => ['v2', 'v10', 'V1', 'v1']),
    },
  },
};
