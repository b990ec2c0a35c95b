import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { RemoteRepository, Transport } from '../index.ts';
import { config, image, imageOf, layer } from '../store-contract.ts';

type Sent = Pick<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'>;

/** Answers without any network. */
function dispatcherOf(answer: (sent: Sent) => Omit<Dispatcher.ResponseData, 'body'> & { body: Readable }) {
  const sent: Sent[] = [];
  const request = async (options: Sent) => {
    sent.push(options);
    return answer(options);
  };
  return { sent, dispatcher: { request } as unknown as Dispatcher };
}

it('Docker Hub is polled by HEAD, entity tags or not: a GET would count as a pull', async () => {
  const next = imageOf(layer, config, { annotations: { step: '2' } });
  let current = image;
  const { sent, dispatcher } = dispatcherOf(({ method }) => {
    const { digest, mediaType } = current.descriptor;
    const headers = { etag: `"${digest}"`, 'docker-content-digest': digest, 'content-type': mediaType };
    const body = Readable.from(method === 'HEAD' ? [] : [current.bytes]);
    return { statusCode: 200, headers, body } as never;
  });
  const transport = new Transport({ dispatcher });
  const store = new RemoteRepository({ host: 'docker.io', repository: 'alpine', transport });
  let known = (await store.resolve('3')).validator;
  for (let at = 0; at < 3; at += 1) known = (await store.resolve('3', { known })).validator;
  expect(sent.map(({ method }) => method)).toEqual(['GET', 'HEAD', 'HEAD', 'HEAD']);
  expect(sent[0]).toMatchObject({
    origin: 'https://registry-1.docker.io',
    path: '/v2/library/alpine/manifests/3',
  });
  current = next;
  expect(await store.resolve('3', { known })).toMatchObject({ descriptor: next.descriptor });
});
