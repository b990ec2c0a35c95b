import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { RemoteRepository, Transport } from '../index.ts';
import { config, image, imageOf, layer } from '../store-contract.ts';

type Sent = Pick<Dispatcher.DispatchOptions, 'origin' | 'path' | 'method'>;

interface Said {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** Answers without any network. */
function dispatcherOf(answer: (sent: Sent) => Said) {
  const sent: Sent[] = [];
  const controller = { abort: () => {}, pause: () => {}, resume: () => {} } as never;
  const dispatch: Dispatcher['dispatch'] = (options, listener) => {
    sent.push(options);
    const { headers, bytes } = answer(options);
    listener.onRequestStart?.(controller, undefined);
    listener.onResponseStart?.(controller, 200, headers);
    listener.onResponseData?.(controller, Buffer.from(bytes));
    listener.onResponseEnd?.(controller, {});
    return true;
  };
  return { sent, dispatcher: { dispatch } as unknown as Dispatcher };
}

it('Docker Hub is polled by HEAD, entity tags or not: a GET would count as a pull', async () => {
  const next = imageOf(layer, config, { annotations: { step: '2' } });
  let current = image;
  const { sent, dispatcher } = dispatcherOf(({ method }) => {
    const { digest, mediaType } = current.descriptor;
    const headers = { etag: `"${digest}"`, 'docker-content-digest': digest, 'content-type': mediaType };
    return { headers, bytes: method === 'HEAD' ? new Uint8Array() : current.bytes };
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
