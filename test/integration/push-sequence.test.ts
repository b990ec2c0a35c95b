import { parseManifest, RemoteRepository, Transport } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandBench } from './harness/command-bench.ts';

const sequence = 'dev.sealift.sequence';
const stream = 'dev.sealift.stream';
const expires = 'dev.sealift.expires';

let bench: CommandBench;
let transport: Transport;

beforeAll(async () => {
  bench = await CommandBench.start();
  transport = new Transport();
});

afterAll(async () => {
  await transport.close();
  await bench.close();
});

interface Push {
  readonly repository: string;
  readonly tag?: string;
  readonly text?: string;
  readonly options?: readonly string[];
}

async function args({ repository, tag = 'stable', text = 'one', options = [] }: Push): Promise<string[]> {
  const tree = `trees/${repository}/${text}`;
  await bench.write(`${tree}/app.yaml`, `# ${text}\n`);
  const reference = `oci://${bench.host}/${repository}:${tag}`;
  return ['push', reference, '-f', bench.path(tree), '--source', 'x', '--revision', 'v1', ...options];
}

async function push(what: Push): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await bench.succeed(...(await args(what)), '-o', 'json'));
}

async function annotationsOf(repository: string, tag = 'stable'): Promise<Readonly<Record<string, string>>> {
  const store = new RemoteRepository({ host: bench.host, repository, transport });
  const resolved = await store.resolve(tag);
  if (resolved.kind !== 'resolved') throw new Error('expected a manifest');
  return parseManifest(resolved.content, resolved.descriptor.mediaType).annotations ?? {};
}

describe('sealift push --sequence', () => {
  const auto = ['--sequence', 'auto'];

  it('auto counts on from what the repository holds, whatever its tag', async () => {
    const repository = 'counted';
    expect(await push({ repository, text: 'one', options: auto })).toMatchObject({ sequence: 1 });
    expect(await push({ repository, text: 'two', options: auto })).toMatchObject({ sequence: 2 });
    expect(await push({ repository, text: 'three', tag: 'v3', options: auto })).toMatchObject({
      sequence: 3,
    });
    expect(await push({ repository, text: 'four', options: ['--sequence', '9'] })).toMatchObject({
      sequence: 9,
    });
    expect(await push({ repository, text: 'five', tag: 'v3', options: auto })).toMatchObject({
      sequence: 10,
    });
    expect((await annotationsOf(repository, 'v3'))[sequence]).toBe('10');
  });

  it('auto does not count on from a number that leaves none: whoever may push can write one', async () => {
    const repository = 'leapt';
    await push({ repository, text: 'one', options: auto });
    await push({ repository, tag: 'other', text: 'two', options: ['--sequence', '9007199254740990'] });
    const { code, stderr } = await bench.run(await args({ repository, text: 'three', options: auto }));
    expect(code).not.toBe(0);
    expect(stderr).toContain('got 9007199254740990 under the tag other');
    expect((await annotationsOf(repository))[sequence]).toBe('1');
    const next = { repository, text: 'three', options: ['--sequence', '2'] };
    expect(await push(next)).toMatchObject({ sequence: 2 });
  });

  it('auto counts what is under the tag already no further', async () => {
    const what = { repository: 'repeated', options: auto };
    const first = await push(what);
    expect(await push(what)).toEqual(first);
  });

  it('auto counts each stream by itself', async () => {
    const repository = 'streams';
    const to = (name: string): readonly string[] => [...auto, '--stream', name];
    await push({ repository, tag: 'prod', text: 'a', options: to('prod') });
    await push({ repository, tag: 'prod', text: 'b', options: to('prod') });
    expect(await push({ repository, tag: 'dev', text: 'c', options: to('dev') })).toMatchObject({
      sequence: 1,
    });
    expect(await annotationsOf(repository, 'dev')).toMatchObject({ [sequence]: '1', [stream]: 'dev' });
  });

  it('without it the artifact is what it always was', async () => {
    const repository = 'plain';
    expect(await push({ repository })).not.toHaveProperty('sequence');
    const annotations = await annotationsOf(repository);
    expect(Object.keys(annotations).filter((name) => name.startsWith('dev.sealift'))).toEqual([]);
  });

  it.each([['0'], ['-1'], ['1.5'], ['seven'], ['9007199254740992']])('refuses %s', async (text) => {
    const { code } = await bench.run(await args({ repository: 'refused', options: [`--sequence=${text}`] }));
    expect(code).toBe(2);
  });

  it('refuses to be said twice', async () => {
    const options = ['--sequence', '7', '-a', `${sequence}=8`];
    const { code, stderr } = await bench.run(await args({ repository: 'refused', options }));
    expect([code, stderr]).toEqual([2, expect.stringContaining('either the option or the annotation')]);
  });
});

describe('sealift push --expires', () => {
  it('is written into the manifest where somebody else signs', async () => {
    await push({ repository: 'unsigned', options: ['--expires', '2099-01-01T00:00:00Z'] });
    expect((await annotationsOf('unsigned'))[expires]).toBe('2099-01-01T00:00:00Z');
  });

  it('is signed where this command signs, so that a later end needs no other artifact', async () => {
    await bench.succeed('keygen', '--output-key-prefix', bench.path('release'));
    const repository = 'signed';
    const options = (end: string): readonly string[] => [
      '--expires',
      end,
      '--sign-key',
      bench.path('release.key'),
    ];
    const first = await push({ repository, options: options('2098-01-01T00:00:00Z') });
    const second = await push({ repository, options: options('2099-01-01T00:00:00Z') });
    expect(second.digest).toBe(first.digest);
    expect([first.signature, second.signature]).toEqual(['added', 'added']);
    expect(await annotationsOf(repository)).not.toHaveProperty(expires);
  });

  it.each([['yesterday'], ['2020-01-01T00:00:00Z'], ['30']])('refuses %s', async (end) => {
    const { code } = await bench.run(await args({ repository: 'refused', options: ['--expires', end] }));
    expect(code).toBe(2);
  });
});
