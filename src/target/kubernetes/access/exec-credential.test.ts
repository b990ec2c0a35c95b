import { describe, expect, it } from 'vitest';
import { execInput, readExecCredential } from './exec-credential.ts';

const apiVersion = 'client.authentication.k8s.io/v1';
const plugin = { apiVersion, command: 'login', args: [], environment: {}, provideClusterInfo: false };
const access = { server: 'https://edge.example', insecureSkipVerify: false, login: {} };
const output = (status: object, version = apiVersion): string =>
  JSON.stringify({ apiVersion: version, kind: 'ExecCredential', status });

describe('an exec plugin', () => {
  it('is told of the cluster only where it asks', () => {
    expect(JSON.parse(execInput(plugin, access, 'CA'))).toEqual({
      apiVersion,
      kind: 'ExecCredential',
      spec: { interactive: false },
    });
    const asking = { ...plugin, provideClusterInfo: true, config: { audience: 'x' } };
    const known = { ...access, serverName: 'api.example', proxy: 'http://proxy.example' };
    expect(JSON.parse(execInput(asking, known, 'CA'))).toMatchObject({
      spec: {
        cluster: {
          server: 'https://edge.example',
          'tls-server-name': 'api.example',
          'certificate-authority-data': 'Q0E=',
          'proxy-url': 'http://proxy.example',
          config: { audience: 'x' },
        },
      },
    });
  });

  it.each([
    ['a token', { token: 't' }, { token: 't' }],
    [
      'a token with its end',
      { token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' },
      { token: 't', expiresAt: Date.UTC(2026, 0, 1) },
    ],
    [
      'a certificate with its key',
      { clientCertificateData: 'C', clientKeyData: 'K' },
      { certificate: 'C', key: 'K' },
    ],
  ])('gives %s', (_what, status, expected) => {
    expect(readExecCredential(output(status), plugin)).toEqual(expected);
  });

  it.each([
    ['no JSON', 'secret-token'],
    ['nothing', ''],
    ['another version', output({ token: 'secret-token' }, 'client.authentication.k8s.io/v1beta1')],
    ['neither token nor certificate', output({})],
    ['a certificate alone', output({ clientCertificateData: 'secret-token' })],
    ['no time as its end', output({ token: 'secret-token', expirationTimestamp: 'soon' })],
  ])('is refused with %s, without a word of it', (_what, text) => {
    const act = () => readExecCredential(text, plugin);
    expect(act).toThrow(expect.objectContaining({ code: 'TARGET_UNAUTHENTICATED' }));
    expect(act).not.toThrow('secret-token');
  });
});
