import { describe, expect, it } from 'vitest';
import { inClusterAccess } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

function configOf(cluster: object, user: object, more: object = {}) {
  const document = {
    clusters: [{ name: 'edge', cluster: { server: 'https://edge.example:6443', ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'main', context: { cluster: 'edge', user: 'me' } }],
    'current-context': 'main',
    ...more,
  };
  return { path: 'config', folder: '/home/me/.kube/', text: JSON.stringify(document) };
}

const read = (cluster: object, user: object) => readKubeconfig([configOf(cluster, user)]);
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login' };

describe('a kubeconfig', () => {
  it.each([
    ['a token', { token: 'abc' }, { token: { kind: 'inline', text: 'abc' } }],
    [
      'a file of the token before the token, relative to the kubeconfig',
      { token: 'abc', tokenFile: 'token' },
      { token: { kind: 'file', path: '/home/me/.kube/token' } },
    ],
    [
      'the data of a client certificate before its file',
      {
        'client-certificate': '/cert.pem',
        'client-certificate-data': encoded('CERT'),
        'client-key': '/key.pem',
      },
      { certificate: { kind: 'inline', text: 'CERT' }, key: { kind: 'file', path: '/key.pem' } },
    ],
    ['a password', { username: 'me', password: 'x' }, { basic: { username: 'me', password: 'x' } }],
    ['nothing where fields are empty', { token: '', tokenFile: '', username: null }, {}],
    [
      'a plugin, by a path relative to the kubeconfig',
      { exec: { ...exec, command: './bin/login', args: ['-x'], env: [{ name: 'A', value: 'b' }] } },
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: '/home/me/.kube/./bin/login',
          args: ['-x'],
          environment: { A: 'b' },
          provideClusterInfo: false,
        },
      },
    ],
    ['a plugin of $PATH by its name', { exec }, { exec: { command: 'login' } }],
  ])('gives %s', (_what, user, login) => {
    expect(read({}, user).login).toMatchObject(login);
  });

  it('gives what the cluster asks for', () => {
    const cluster = {
      'certificate-authority-data': encoded('CA'),
      'tls-server-name': 'api.example',
      'proxy-url': 'http://proxy.example:3128',
    };
    expect(read({ ...cluster, server: 'https://rancher.example/k8s/clusters/c-1/' }, {})).toEqual({
      server: 'https://rancher.example/k8s/clusters/c-1',
      authority: { kind: 'inline', text: 'CA' },
      serverName: 'api.example',
      proxy: 'http://proxy.example:3128',
      insecureSkipVerify: false,
      login: {},
    });
  });

  it('leaves certificates unchecked only where it says so', () => {
    expect(read({ 'insecure-skip-tls-verify': true }, {}).insecureSkipVerify).toBe(true);
  });

  it('gives the cluster’s own settings to a plugin that asks for them', () => {
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }];
    const { login } = read({ extensions }, { exec: { ...exec, provideClusterInfo: true } });
    expect(login.exec).toMatchObject({ provideClusterInfo: true, config: { audience: 'x' } });
  });

  it('names whom to act as', () => {
    const user = { as: 'jane', 'as-groups': ['a'], 'as-user-extra': { scopes: ['b'] } };
    expect(read({}, user).impersonate).toEqual({ user: 'jane', groups: ['a'], extra: { scopes: ['b'] } });
  });

  it('has more than one context, and the one that is named is taken', () => {
    const file = configOf(
      {},
      { token: 'abc' },
      { contexts: [{ name: 'other', context: { cluster: 'edge' } }] },
    );
    expect(readKubeconfig([file], 'other').login).toEqual({});
  });

  it('can be several files: the first that has something wins, and its own folder counts', () => {
    const first = {
      path: 'first',
      folder: '/first/',
      text: 'current-context: main\nusers: [{name: me, user: {tokenFile: token}}]',
    };
    const access = readKubeconfig([first, configOf({}, { token: 'abc' }, { 'current-context': 'no' })]);
    expect(access.login).toEqual({ token: { kind: 'file', path: '/first/token' } });
  });

  it.each([
    ['server: expected https', configOf({ server: 'http://edge.example' }, {})],
    ['server: expected https', configOf({ server: 'https://me:secret@edge.example' }, {})],
    ['server: expected https', configOf({ server: undefined }, {})],
    [
      'expected no certificate-authority beside it',
      configOf({ 'insecure-skip-tls-verify': true, 'certificate-authority': 'ca.pem' }, {}),
    ],
    ['expected a certificate and its key', configOf({}, { 'client-certificate': 'a' })],
    ['auth-provider: expected exec', configOf({}, { 'auth-provider': { name: 'oidc' } })],
    ['exec.apiVersion: expected', configOf({}, { exec: { command: 'x', apiVersion: 'v0' } })],
    ['exec.interactiveMode', configOf({}, { exec: { ...exec, interactiveMode: 'Always' } })],
    ['proxy-url: expected http', configOf({ 'proxy-url': 'socks5://me:secret@proxy' }, {})],
    ['expected a current-context', configOf({}, {}, { 'current-context': '' })],
    ['expected a context named "no", got main', configOf({}, {}, { 'current-context': 'no' })],
    ['expected a cluster named "edge", got none', configOf({}, {}, { clusters: [] })],
    ['expected a user named "me", got none', configOf({}, {}, { users: null })],
    ['users.0.user.token', configOf({}, { token: 5 })],
    ['expected YAML', { path: 'config', folder: '/', text: 'users: [token: "secret' }],
    ['expected', { path: 'config', folder: '/', text: '' }],
  ])('is refused with "%s", and nothing secret is repeated', (message, file) => {
    expect(() => readKubeconfig([file])).toThrow(message);
    expect(() => readKubeconfig([file])).not.toThrow('secret');
  });

  it('may name plain HTTP on this machine', () => {
    expect(read({ server: 'http://127.0.0.1:8001' }, {}).server).toBe('http://127.0.0.1:8001');
  });
});

describe('inside a Pod', () => {
  it.each([
    ['10.96.0.1', '443', 'https://10.96.0.1'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443'],
  ])('the service account and the address of the cluster are used, %s:%s', (host, port, server) => {
    const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    expect(inClusterAccess(environment, '/account')).toEqual({
      server,
      authority: { kind: 'file', path: '/account/ca.crt' },
      insecureSkipVerify: false,
      login: { token: { kind: 'file', path: '/account/token' } },
    });
  });

  it('is where it has to be', () => {
    expect(() => inClusterAccess({})).toThrow('KUBERNETES_SERVICE_HOST');
    const environment = { KUBERNETES_SERVICE_HOST: 'no host', KUBERNETES_SERVICE_PORT: '443' };
    expect(() => inClusterAccess(environment)).toThrow('KUBERNETES_SERVICE_HOST');
  });
});
