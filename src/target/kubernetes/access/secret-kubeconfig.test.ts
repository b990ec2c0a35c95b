import { describe, expect, it } from 'vitest';
import { secretKubeconfigAccess } from './secret-kubeconfig.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/steal', args: ['password'] };
const nothing = { exec: false, insecureTls: false };
const everything = { exec: true, insecureTls: true };

function textOf(cluster: object, user: object): string {
  return JSON.stringify({
    clusters: [{ name: 'edge', cluster: { server: 'https://edge.example:6443/k8s', ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'main', context: { cluster: 'edge', user: 'me' } }],
    'current-context': 'main',
  });
}

const read = (cluster: object, user: object, leave = nothing) =>
  secretKubeconfigAccess('Secret/edge/remote', textOf(cluster, user), leave);

describe('a kubeconfig out of a Secret', () => {
  it('gives access where it holds all that it needs', () => {
    const authority = { 'certificate-authority-data': encoded('CA') };
    expect(read(authority, { token: 'abc' })).toEqual({
      server: 'https://edge.example:6443/k8s',
      insecureSkipVerify: false,
      authority: { kind: 'inline', text: 'CA' },
      login: { token: { kind: 'inline', text: 'abc' } },
    });
  });

  it.each([
    ['certificate-authority: expected the data itself', { 'certificate-authority': '/etc/shadow' }, {}],
    ['tokenFile: expected the data itself', {}, { tokenFile: '/var/run/secrets/password' }],
    ['tokenFile: expected the data itself', {}, { tokenFile: '../password', token: 'password' }],
    [
      'client-certificate, client-key: expected the data itself',
      {},
      { 'client-certificate': 'password', 'client-key': 'password' },
    ],
    ['exec: programs of this machine', {}, { exec }],
    ['auth-provider: expected exec', {}, { 'auth-provider': { name: 'password' } }],
    ['insecure-skip-tls-verify: a server', { 'insecure-skip-tls-verify': true }, {}],
    ['server: expected https, got plain HTTP', { server: 'http://127.0.0.1:8001' }, {}],
  ])(
    'is refused with "%s", by the name of the Secret and nothing that it holds',
    (message, cluster, user) => {
      expect(() => read(cluster, user)).toThrow(`Secret/edge/remote: ${message}`);
      expect(() => read(cluster, user)).not.toThrow('password');
    },
  );

  it('may run programs and leave out who the server is where the operator says so', () => {
    expect(read({}, { exec }, everything).login.exec?.command).toBe('/bin/steal');
    expect(read({ 'insecure-skip-tls-verify': true }, {}, everything).insecureSkipVerify).toBe(true);
    expect(read({ server: 'http://127.0.0.1:8001' }, {}, everything).server).toBe('http://127.0.0.1:8001');
  });

  it('names no files, whatever the operator says', () => {
    expect(() => read({}, { tokenFile: '/x' }, everything)).toThrow('tokenFile');
  });

  it.each([
    ['is no YAML', 'users: [token: "password'],
    ['names itself over and over', `a: &a [1,1]\n${bombOf(12)}`],
    ['is too long', `# ${'password'.repeat(200_000)}`],
  ])('is refused where it %s', (_, text) => {
    expect(() => secretKubeconfigAccess('Secret/edge/remote', text, nothing)).toThrow(
      'Secret/edge/remote: expected',
    );
    expect(() => secretKubeconfigAccess('Secret/edge/remote', text, nothing)).not.toThrow('password');
  });
});

/** Each line holds the one before ten times. */
function bombOf(lines: number): string {
  return Array.from({ length: lines }, (_, at) => {
    const before = at === 0 ? 'a' : `b${at - 1}`;
    return `b${at}: &b${at} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`;
  }).join('\n');
}
