import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { OciError, RemoteRepository, Transport } from '../index.ts';
import { image } from '../store-contract.ts';

it.each([
  ['with connections of its own', {}],
  ['with connections that were given', { dispatcher: {} as Dispatcher }],
])(
  'a transport that was closed refuses requests, %s: nobody would close what they open',
  async (_whose, options) => {
    const transport = new Transport(options);
    const store = new RemoteRepository({ host: 'reg.example', repository: 'team/app', transport });
    await transport.close();
    const error = await store.exists(image.descriptor).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OciError);
    expect(error).toMatchObject({
      code: 'invalid',
      message: 'transport to reg.example: expected an open one, got one that was closed',
    });
  },
);
