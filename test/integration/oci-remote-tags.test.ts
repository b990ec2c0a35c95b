import type { ServerResponse } from 'node:http';
import type { OciErrorCode, RemoteRepository } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import type { Answerer } from '../fakes/scripted-server.ts';
import { failureOf, repositoryAt, serve } from '../fixtures/remote-registry.ts';

describe('a registry that lists tags', () => {
  const collect = async (store: RemoteRepository): Promise<string[]> => {
    const all: string[] = [];
    for await (const tag of store.tags()) all.push(tag);
    return all;
  };
  const json = (response: ServerResponse, body: unknown, link?: string): void =>
    void response.writeHead(200, link === undefined ? {} : { link }).end(JSON.stringify(body));

  it('in pages', async () => {
    const { host } = await serve((request, response) => {
      if (request.url?.includes('last=b')) json(response, { tags: ['b', 'c'] });
      else json(response, { tags: ['a', 'b'] }, '</v2/team/app/tags/list?n=2&last=b>; rel="next"');
    });
    expect(await collect(repositoryAt(host))).toEqual(['a', 'b', 'c']);
  });

  it('in full pages without links', async () => {
    const tags = Array.from({ length: 2500 }, (_, at) => `v${10_000 + at}`);
    const { host, requests } = await serve((request, response) => {
      const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
      const from = last === null ? 0 : tags.indexOf(last) + 1;
      json(response, { tags: tags.slice(from, from + 1000) });
    });
    expect(await collect(repositoryAt(host))).toEqual(tags);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['among them', 500],
    ['at their ends', 999],
  ])('in full pages without links, with names that are no tags %s', async (_where, odd) => {
    const names = Array.from({ length: 2500 }, (_, at) => (at % 1000 === odd ? `!${at}` : `v${10_000 + at}`));
    const { host, requests } = await serve((request, response) => {
      const last = new URL(request.url ?? '', 'http://x').searchParams.get('last');
      const from = last === null ? 0 : names.indexOf(last) + 1;
      json(response, { tags: names.slice(from, from + 1000) });
    });
    expect(await collect(repositoryAt(host))).toEqual(names.filter((name) => name.startsWith('v')));
    expect(requests).toHaveLength(3);
  });

  it('in a full page that it repeats', async () => {
    const tags = Array.from({ length: 1000 }, (_, at) => `v${at}`);
    const { host, requests } = await serve((_, response) => json(response, { tags }));
    expect(await collect(repositoryAt(host))).toHaveLength(1000);
    expect(requests).toHaveLength(2);
  });

  it('as null, or with names that are no tags', async () => {
    const empty = await serve((_, response) => json(response, { tags: null }));
    expect(await collect(repositoryAt(empty.host))).toEqual([]);
    const odd = await serve((_, response) => json(response, { tags: ['../x', '', 1, 'v1'] }));
    expect(await collect(repositoryAt(odd.host))).toEqual(['v1']);
  });

  it.each<[string, Answerer, OciErrorCode]>([
    [
      'with the rest at another host',
      (_, response) => json(response, { tags: ['a'] }, '<http://127.0.0.1:1/x>; rel="next"'),
      'protocol',
    ],
    [
      'with the same page again',
      (request, response) => json(response, { tags: ['a'] }, `<${request.url}>; rel="next"`),
      'protocol',
    ],
    [
      'without end',
      (request, response) => {
        const at = Number(new URL(request.url ?? '', 'http://x').searchParams.get('at') ?? 0);
        json(response, { tags: [] }, `</v2/team/app/tags/list?at=${at + 1}>; rel="next"`);
      },
      'too-large',
    ],
    [
      'in a full page behind which nothing can be asked for',
      (_, response) => json(response, { tags: [...Array.from({ length: 999 }, (_, at) => `v${at}`), 7] }),
      'protocol',
    ],
    ['as an answer without list', (_, response) => json(response, { error: 'oops' }), 'protocol'],
    ['as a page of HTML', (_, response) => void response.writeHead(200).end('<html>'), 'protocol'],
    ['of a repository that is not there', (_, response) => void response.writeHead(404).end(), 'not-found'],
  ])('%s: fails', async (_behaviour, answer, code) => {
    const { host } = await serve(answer);
    expect((await failureOf(collect(repositoryAt(host)))).code).toBe(code);
  });
});
