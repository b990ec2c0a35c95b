import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Intercept, openLayout, type RegistryServer, type Store, serveRegistry } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/api/index.ts';
import { createVerifyStage } from '../../src/verify/index.ts';
import type { ScriptedServer } from '../fakes/scripted-server.ts';
import { repositoryAt, serve } from '../fixtures/remote-registry.ts';
import {
  bundleOf,
  desiredState,
  keyPolicy,
  newSigner,
  ociSource,
  pushArtifact,
  pushBundle,
  type SignedContent,
  statementOf,
} from '../fixtures/signed-artifact.ts';

const signer = newSigner();
const username = 'site';
const password = 'hunter2';
const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

let directory: string;
let store: Store;
let registry: RegistryServer;
/** Another host, which answers whatever it is asked with a token. */
let elsewhere: ScriptedServer;
let elsewhereUrl: string;
let artifact: SignedContent;
/** How often the registry was shown the credential. */
let shown: number;
let misbehave: Intercept;
/** What the registry asks for. */
let challenge: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealift-test-credentials-'));
  const layout = await openLayout(directory);
  store = layout.repository('app');
  artifact = await pushArtifact(store, 'app');
  await pushBundle(store, artifact.descriptor, bundleOf(signer, statementOf(artifact.descriptor.digest)));
  elsewhere = await serve((_, response) => void response.end('{"token":"worthless"}'));
  elsewhereUrl = elsewhere.url.replace('127.0.0.1', 'localhost');
  shown = 0;
  misbehave = () => false;
  challenge = 'Basic realm="registry"';
  registry = await serveRegistry({
    layout,
    intercept(request, response, route) {
      if (request.headers.authorization === basic) {
        shown += 1;
        return misbehave(request, response, route);
      }
      response.writeHead(401, { 'www-authenticate': challenge }).end();
      return true;
    },
  });
});

afterEach(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function verdict(): Promise<Verdict> {
  const repository = repositoryAt(
    new URL(registry.url).host,
    { credentials: () => ({ kind: 'basic', username, password }), retry: { attempts: 1 } },
    'app',
  );
  const { descriptor: manifest, content } = artifact;
  const resolved = { revision: `v1@${manifest.digest}`, manifest, content };
  const desired = desiredState(keyPolicy('release', [signer.publicPem]));
  const stage = createVerifyStage({ openRepository: () => repository });
  return stage.verify({ source: ociSource(), desired, resolved }, new AbortController().signal);
}

/** What answers questions of that kind with a way to the other host. */
function leading(kind: string, answer: (response: ServerResponse, path: string) => void): Intercept {
  return (request, response, route) => {
    if (route.kind !== kind) return false;
    answer(response, request.url ?? '');
    return true;
  };
}

const failed = (error: unknown): unknown => error;

function expectNothingTold(): void {
  const told = elsewhere.requests.map(({ url, headers }) => `${url} ${headers.authorization}`).join('\n');
  expect(told).not.toContain(password);
  expect(told).not.toContain(basic);
}

const redirect = (response: ServerResponse, path: string): void => {
  response.writeHead(307, { location: `${elsewhereUrl}${path}` }).end();
};

describe('the credential of a registry, while signatures are sought', () => {
  it('goes to the registry', async () => {
    expect(await verdict()).toMatchObject({ kind: 'accepted' });
    expect(shown).toBeGreaterThan(0);
    expect(elsewhere.requests).toEqual([]);
  });

  it.each<[string, Intercept]>([
    ['lists its referrers', leading('referrers', redirect)],
    [
      'has the next page of them',
      leading('referrers', (response, path) => {
        response.setHeader('content-type', 'application/vnd.oci.image.index.v1+json');
        response.setHeader('link', `<${elsewhereUrl}${path}?n=2>; rel="next"`);
        response.end('{"schemaVersion":2,"manifests":[]}');
      }),
    ],
    ['has its manifests', leading('manifest', redirect)],
    ['has its blobs', leading('blob', redirect)],
  ])('attack 20: never goes to another host that is said to be where it %s', async (_what, intercept) => {
    misbehave = intercept;
    expect(await verdict().catch(failed)).not.toMatchObject({ kind: 'accepted' });
    expect(shown).toBeGreaterThan(0);
    expectNothingTold();
  });

  it('attack 20: never goes to another host that is said to give its tokens', async () => {
    challenge = `Bearer realm="${elsewhereUrl}/token",service="s",scope="repository:app:pull"`;
    expect(await verdict().catch(failed)).toMatchObject({ name: 'SealiftError' });
    expectNothingTold();
  });
});
