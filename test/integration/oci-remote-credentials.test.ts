import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Credential,
  CredentialHelpers,
  type CredentialProvider,
  dockerConfigProvider,
  OciError,
  openDockerCredentials,
  parseDockerConfig,
  pullSecretsProvider,
  staticCredential,
} from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobOf, imageOf } from '../fakes/oci-content.ts';
import { type Answerer, bodyOf, type ScriptedServer } from '../fakes/scripted-server.ts';
import { failureOf, repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();
const never = new AbortController().signal;

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function given(...credentials: readonly Credential[]): CredentialProvider[] {
  return [{ match: () => true, get: async () => credentials }];
}

function password(username: string): Credential {
  return { kind: 'basic', username, password: 'pw' };
}

const sent = (server: ScriptedServer): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.authorization);

/** A registry that takes one password, and says `status` to every other. */
const guarded =
  (username: string, status: 401 | 403): Answerer =>
  (request, response) => {
    const { authorization } = request.headers;
    if (authorization === basic(username, 'pw')) send(response, image);
    else if (authorization === undefined || status === 401) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    } else response.writeHead(403).end();
  };

describe('several credentials for one repository', () => {
  it.each([401, 403] as const)('are tried in turn, each once, after a %i', async (status) => {
    const registry = await serve(guarded('c', status));
    const store = repositoryAt(registry.host, {
      credentials: given(password('a'), password('b'), password('c'), password('d')),
    });
    await store.resolve('v1');
    expect(sent(registry)).toEqual([undefined, basic('a', 'pw'), basic('b', 'pw'), basic('c', 'pw')]);
    await store.resolve('v1');
    expect(sent(registry).slice(4)).toEqual([basic('c', 'pw')]);
  });

  it('all refused: the last answer counts, and the next request begins with the first', async () => {
    const registry = await serve(guarded('x', 401));
    const store = repositoryAt(registry.host, { credentials: given(password('a'), password('b')) });
    expect((await failureOf(store.resolve('v1'))).code).toBe('unauthorized');
    await failureOf(store.resolve('v1'));
    expect(sent(registry)).toEqual([
      undefined,
      basic('a', 'pw'),
      basic('b', 'pw'),
      basic('a', 'pw'),
      basic('b', 'pw'),
    ]);
  });

  it('are tried in turn at the token server too', async () => {
    const auth = await serve((request, response) => {
      if (request.headers.authorization === basic('b', 'pw')) response.end('{"token":"good"}');
      else response.writeHead(401).end();
    });
    const registry = await serve(bearer(auth, 'good'));
    await repositoryAt(registry.host, { credentials: given(password('a'), password('b')) }).resolve('v1');
    expect(sent(auth)).toEqual([basic('a', 'pw'), basic('b', 'pw')]);
    expect(sent(registry)).toEqual([undefined, 'Bearer good']);
  });

  it('are not tried for ever by a token server whose tokens are new and worthless each time', async () => {
    let count = 0;
    const auth = await serve((_, response) => {
      count += 1;
      response.end(JSON.stringify({ token: `worthless-${count}` }));
    });
    const registry = await serve(bearer(auth, 'good'));
    const store = repositoryAt(registry.host, { credentials: given(password('a'), password('b')) });
    expect((await failureOf(store.resolve('v1'))).code).toBe('unauthorized');
    expect([registry.requests.length, auth.requests.length]).toEqual([3, 2]);
    await failureOf(store.resolve('v1'));
    // Both tokens were held: each is renewed once.
    expect([registry.requests.length, auth.requests.length]).toEqual([7, 4]);
  });

  it('come from pull secrets, by the rules of a kubelet', async () => {
    const registry = await serve(guarded('team', 401));
    const port = registry.host.split(':')[1];
    const auths = {
      [`127.0.0.*:${port}`]: { username: 'wild', password: 'pw' },
      [`${registry.host}/team`]: { username: 'team', password: 'pw' },
      [`${registry.host}/te`]: { username: 'never', password: 'pw' },
    };
    const text = JSON.stringify({ auths });
    const secrets = [{ subject: 'Secret/a/b', type: 'kubernetes.io/dockerconfigjson', text }] as const;
    await repositoryAt(registry.host, { credentials: [pullSecretsProvider(secrets)] }).resolve('v1');
    expect(sent(registry)).toEqual([undefined, basic('team', 'pw')]);
  });

  it('come from the first provider that knows the host', async () => {
    const registry = await serve(guarded('b', 401));
    const credentials = [
      staticCredential('other.example', password('a')),
      ...given(),
      staticCredential(registry.host, password('b')),
      staticCredential(registry.host, password('c')),
    ];
    await repositoryAt(registry.host, { credentials }).resolve('v1');
    expect(sent(registry)).toEqual([undefined, basic('b', 'pw')]);
  });

  it('are not looked up before the registry asks', async () => {
    const registry = await serve((_, response) => send(response, image));
    const credentials = [
      {
        match: () => true,
        get: () => Promise.reject(new Error('nobody was to ask')),
      },
    ];
    await repositoryAt(registry.host, { credentials }).resolve('v1');
    expect(sent(registry)).toEqual([undefined]);
  });
});

/** A registry with a token server. */
function bearer(auth: ScriptedServer, token: string, scope = 'repository:team/app:pull'): Answerer {
  const challenge = `Bearer realm="${auth.url}/token",service="reg"${scope && `,scope="${scope}"`}`;
  return (request, response) => {
    if (request.headers.authorization === `Bearer ${token}`) send(response, image);
    else response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
}

/** A token server that keeps the forms it got. */
async function oauthServer(answer: Answerer): Promise<{ auth: ScriptedServer; forms: string[][][] }> {
  const forms: string[][][] = [];
  const auth = await serve(async (request: IncomingMessage, response) => {
    if (request.method === 'POST') forms.push([...new URLSearchParams((await bodyOf(request)).toString())]);
    await answer(request, response);
  });
  return { auth, forms };
}

describe('an identity token', () => {
  const identity: Credential = { kind: 'identity', token: 'refresh-me' };

  it('gets an access token by POST, and goes nowhere else', async () => {
    const { auth, forms } = await oauthServer(
      (_, response) => void response.end('{"access_token":"good","expires_in":300}'),
    );
    const registry = await serve(bearer(auth, 'good'));
    await repositoryAt(registry.host, { credentials: given(identity) }).resolve('v1');
    expect(forms).toEqual([
      [
        ['grant_type', 'refresh_token'],
        ['client_id', 'oci-client-ts'],
        ['refresh_token', 'refresh-me'],
        ['service', 'reg'],
        ['scope', 'repository:team/app:pull'],
      ],
    ]);
    expect(auth.requests.map(({ url }) => url)).toEqual(['/token']);
    expect(JSON.stringify(registry.requests)).not.toContain('refresh-me');
  });

  it.each([404, 405])('becomes a password where POST is answered with %i', async (status) => {
    const { auth } = await oauthServer((request, response) => {
      if (request.method === 'POST') response.writeHead(status).end('no such page');
      else response.end('{"token":"good"}');
    });
    const registry = await serve(bearer(auth, 'good'));
    await repositoryAt(registry.host, { credentials: given(identity) }).resolve('v1');
    expect(auth.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['POST', undefined],
      ['GET', basic('<token>', 'refresh-me')],
    ]);
  });

  it('is replaced by the one that comes with an access token, for the next of them', async () => {
    let next = 'refresh-me';
    const { auth, forms } = await oauthServer((_, response) => {
      const shown = forms.at(-1)?.find(([name]) => name === 'refresh_token')?.[1];
      if (shown !== next) return void response.writeHead(400).end('{"error":"invalid_grant"}');
      next = `refresh-${forms.length}`;
      response.end(JSON.stringify({ access_token: 'good', expires_in: 300, refresh_token: next }));
    });
    const registry = await serve(bearer(auth, 'good'));
    const store = repositoryAt(registry.host, { credentials: given(identity) });
    await store.resolve('v1');
    await store.push(blobOf('x').descriptor, blobOf('x').bytes).catch(() => undefined);
    const shown = forms.map((form) => form.find(([name]) => name === 'refresh_token')?.[1]);
    expect(shown.slice(0, 2)).toEqual(['refresh-me', 'refresh-1']);
    expect(JSON.stringify(registry.requests)).not.toContain('refresh-');
  });

  it('is not repeated in the error when it is refused', async () => {
    const { auth } = await oauthServer(
      (_, response) => void response.writeHead(400).end('{"error":"refresh-me is bad"}'),
    );
    const registry = await serve(bearer(auth, 'good'));
    const error = await failureOf(
      repositoryAt(registry.host, { credentials: given(identity) }).resolve('v1'),
    );
    expect(error.code).toBe('unauthorized');
    expect(error.message).not.toContain('refresh-me');
  });

  it('is of no use to a registry that wants a password', async () => {
    const registry = await serve(guarded('a', 401));
    const error = await failureOf(
      repositoryAt(registry.host, { credentials: given(identity) }).resolve('v1'),
    );
    expect(error.code).toBe('unsupported');
  });
});

describe('a registry token', () => {
  it('goes to the registry as it is, and no token server is asked', async () => {
    const auth = await serve((_, response) => void response.writeHead(500).end());
    const registry = await serve(bearer(auth, 'mine'));
    const credentials = given({ kind: 'bearer', token: 'mine' });
    await repositoryAt(registry.host, { credentials }).resolve('v1');
    expect(sent(registry)).toEqual([undefined, 'Bearer mine']);
    expect(auth.requests).toHaveLength(0);
  });
});

describe('quirks of token servers', () => {
  it('14: one that refuses an empty scope gets none', async () => {
    const auth = await serve((request, response) => {
      const scopes = new URL(request.url ?? '', 'http://x').searchParams.getAll('scope');
      if (scopes.includes('')) response.writeHead(400).end();
      else response.end('{"token":"good"}');
    });
    const registry = await serve(bearer(auth, 'good', ' '));
    await repositoryAt(registry.host).resolve('v1');
    expect(sent(registry)).toEqual([undefined, 'Bearer good']);
  });

  it('43: one that reads only the first scope grants what the request needs', async () => {
    const auth = await serve((request, response) => {
      const [first] = new URL(request.url ?? '', 'http://x').searchParams.getAll('scope');
      response.end(JSON.stringify({ token: first === 'repository:team/app:pull' ? 'good' : 'other' }));
    });
    const registry = await serve(bearer(auth, 'good', 'registry:catalog:* repository:team/app:pull'));
    await repositoryAt(registry.host).resolve('v1');
    expect(sent(registry)).toEqual([undefined, 'Bearer good']);
  });

  it.each(['2001-01-01T00:00:00Z', '2999-01-01T00:00:00Z'])(
    '45: a clock at %s does not shorten or lengthen a token',
    async (issued_at) => {
      const auth = await serve(
        (_, response) => void response.end(JSON.stringify({ token: 'good', issued_at })),
      );
      const registry = await serve(bearer(auth, 'good'));
      let now = 0;
      const clock = { now: () => 0, monotonic: () => now, sleep: async () => {} };
      const store = repositoryAt(registry.host, { clock });
      await store.resolve('v1');
      now = 53_000;
      await store.resolve('v1');
      expect(auth.requests).toHaveLength(1);
      now = 55_000;
      await store.resolve('v1');
      expect(auth.requests).toHaveLength(2);
    },
  );
});

describe('22: a registry that says 403 for a credential that is over', () => {
  const body =
    '{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}';

  async function cloud(
    text: string,
    accepted: string,
  ): Promise<[ScriptedServer, CredentialProvider, string[]]> {
    const registry = await serve((request, response) => {
      const { authorization } = request.headers;
      if (authorization === basic('AWS', accepted)) send(response, image);
      else if (authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
      } else response.writeHead(403, { 'content-type': 'application/json' }).end(text);
    });
    const log: string[] = [];
    let count = 1;
    const provider: CredentialProvider = {
      match: () => true,
      get: async () => [{ kind: 'basic', username: 'AWS', password: `pw${count}` }],
      forget: () => {
        log.push('forget');
        count += 1;
      },
    };
    return [registry, provider, log];
  }

  it('gets the credential fetched again, once', async () => {
    const [registry, provider, log] = await cloud(body, 'pw2');
    await repositoryAt(registry.host, { credentials: [provider] }).resolve('v1');
    expect(sent(registry)).toEqual([undefined, basic('AWS', 'pw1'), basic('AWS', 'pw2')]);
    expect(log).toEqual(['forget']);
  });

  it('is not asked forever', async () => {
    const [registry, provider] = await cloud(body, 'never');
    const error = await failureOf(repositoryAt(registry.host, { credentials: [provider] }).resolve('v1'));
    expect({ code: error.code, registryCode: error.details.registryCode }).toEqual({
      code: 'denied',
      registryCode: 'DENIED',
    });
    expect(registry.requests).toHaveLength(3);
  });

  it('is believed when it denies for another reason', async () => {
    const [registry, provider, log] = await cloud(body.replace('has expired', 'lacks a right'), 'pw2');
    const error = await failureOf(repositoryAt(registry.host, { credentials: [provider] }).resolve('v1'));
    expect(error.message).toContain('lacks a right');
    expect([registry.requests.length, log]).toEqual([2, []]);
  });
});

describe('credential helper programs', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oci-helpers-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function program(name: string, script: string): Promise<void> {
    const path = join(folder, `docker-credential-${name}`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }

  function helpers(timeoutMs = 20_000): CredentialHelpers {
    const environment = { PATH: '/usr/bin:/bin', FOLDER: folder };
    return new CredentialHelpers({ searchPath: `relative:/nowhere:${folder}`, environment, timeoutMs });
  }

  it('are asked once with the host on their input, however many wait', async () => {
    await program(
      'good',
      'echo "$1 $(cat)" >> $FOLDER/calls; echo \'{"ServerURL":"x","Username":"u","Secret":"p"}\'',
    );
    const one = helpers();
    const config = parseDockerConfig('{"credHelpers":{"reg.example:5000":"good"}}', 'config.json');
    const provider = dockerConfigProvider(config, one);
    const ask = (): Promise<readonly Credential[]> =>
      provider.get({ host: 'reg.example:5000', repository: 'a' }, never);
    const answers = [...(await Promise.all([ask(), ask()])), await ask()];
    expect(answers).toEqual(Array(3).fill([{ kind: 'basic', username: 'u', password: 'p' }]));
    expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('get reg.example:5000\n');
  });

  it('may give an identity token', async () => {
    await program('identity', 'echo \'{"Username":"<token>","Secret":"t"}\'');
    expect(await helpers().get('identity', 'reg.example', never)).toEqual([{ kind: 'identity', token: 't' }]);
  });

  it('may have none', async () => {
    await program('none', 'echo "credentials not found in native keychain"; exit 1');
    expect(await helpers().get('none', 'reg.example', never)).toEqual([]);
  });

  it.each([
    ['fails', 'echo "no session" ; exit 3', 'unauthorized', /got 3 \(no session\)/],
    ['prints no JSON', 'echo s3cret', 'protocol', /expected Username and Secret/],
    ['prints without end', 'yes s3cret', 'too-large', /at most 65536 bytes/],
    ['says nothing, nor do its children', 'sleep 60 & sleep 60', 'timeout', /within 300 ms/],
  ])('fail by name when one %s', async (name, script, code, message) => {
    const short = name.replaceAll(/[^a-z]/g, '');
    await program(short, script);
    const error = await failureOf(
      helpers(code === 'timeout' ? 300 : 20_000).get(short, 'reg.example', never),
    );
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.message).not.toContain('s3cret');
  });

  it.each(['../evil', '', '-rf', 'a b', 'a/b', 'x'.repeat(65)])(
    'are not run under the name %j',
    async (name) => {
      expect((await failureOf(helpers().get(name, 'reg.example', never))).code).toBe('invalid');
    },
  );

  it('are named when they are not there', async () => {
    const error = await failureOf(helpers().get('absent', 'reg.example', never));
    expect(error.message).toMatch(/expected the program docker-credential-absent in 2 folders/);
  });

  it('are an error, not anonymous, where no helper may be run', async () => {
    const config = parseDockerConfig('{"credsStore":"good"}', 'config.json');
    const ask = dockerConfigProvider(config).get({ host: 'reg.example', repository: 'a' }, never);
    expect((await failureOf(ask)).code).toBe('unsupported');
  });

  it('let the caller go', async () => {
    await program('stuck', 'sleep 60');
    const controller = new AbortController();
    const wait = helpers().get('stuck', 'reg.example', controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(wait).rejects.toThrow('enough');
  });

  it('are left in peace for some seconds after a failure', async () => {
    await program('twice', 'echo x >> $FOLDER/twice; exit 1');
    const one = helpers();
    await failureOf(one.get('twice', 'reg.example', never));
    await failureOf(one.get('twice', 'reg.example', never));
    expect(await readFile(join(folder, 'twice'), 'utf8')).toBe('x\n');
  });
});

describe('openDockerCredentials', () => {
  it('reads the text of the environment, the file of docker and the file of podman, in this order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'oci-docker-config-'));
    try {
      const text = (username: string, ...hosts: string[]): string =>
        JSON.stringify({
          auths: Object.fromEntries(hosts.map((host) => [host, { username, password: '' }])),
        });
      await writeFile(join(folder, 'config.json'), text('docker', 'a.example', 'b.example'));
      const environment = {
        DOCKER_AUTH_CONFIG: text('text', 'a.example'),
        DOCKER_CONFIG: folder,
        XDG_RUNTIME_DIR: folder,
      };
      const providers = await openDockerCredentials({ environment, home: '/nowhere' });
      const found = (host: string) =>
        Promise.all(providers.map((each) => each.get({ host, repository: 'x' }, never)));
      expect((await found('a.example')).flat().map((each) => 'username' in each && each.username)).toEqual([
        'text',
        'docker',
      ]);
      expect(await found('c.example')).toEqual([[], []]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is empty where there is no file, and fails where one is broken', async () => {
    expect(await openDockerCredentials({ environment: {}, home: '/nowhere' })).toEqual([]);
    await expect(
      openDockerCredentials({ environment: { DOCKER_AUTH_CONFIG: 'hunter2' }, home: '/nowhere' }),
    ).rejects.toThrow(OciError);
  });
});
