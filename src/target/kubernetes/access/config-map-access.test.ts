import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SealiftError } from '../../../core/index.ts';
import type { TokenDemand } from './account-token.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { configMapAccess } from './config-map-access.ts';

// A certificate of nobody, valid for ever and for nothing.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUfn/8QbTD1SStsNfdkK4EZI7RiJgwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMzA2NDgwNVoYDzIxMjYxMDMwMDY0
ODA1WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARMV50pFWG9vVH9FIh09As3yL5CNze3OmRw8+s5wBaPyIy4EOaF5rrAyBpbTtqm
ynd34/cHp8dZaththVxpmTgjo1MwUTAdBgNVHQ4EFgQUZcB9iP0YwZpR3q4lDY1f
0aJ2jdYwHwYDVR0jBBgwFoAUZcB9iP0YwZpR3q4lDY1f0aJ2jdYwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAzkxpAp02fHU0F4ySXmx+PYWg+WiR
KB6XIYYvtR4nrI4CIBs1mbSlqzDeVIkv/Fsai6Ode79ZzRH4J9hNQF+lGbNS
-----END CERTIFICATE-----
`;
const generic = { provider: 'generic', address: 'https://far.example', serviceAccountName: 'far' };
const { signal } = new AbortController();

const demands: TokenDemand[] = [];
const issuer = {
  issueToken: async (demand: TokenDemand) => {
    demands.push(demand);
    return { token: 'abc', expiresAt: 0 };
  },
};

const read = (data: Readonly<Record<string, string>>, defaultAccount?: string): ClusterAccess =>
  configMapAccess({ subject: 'ConfigMap/edge/far', namespace: 'edge', data }, { issuer, defaultAccount });

async function demanded(data: Readonly<Record<string, string>>, defaultAccount?: string): Promise<unknown> {
  await read(data, defaultAccount).login.issued?.issue(signal);
  return demands.at(-1);
}

describe('a ConfigMap that says how to reach a cluster', () => {
  it('gives its address and its authority', () => {
    expect(read({ ...generic, 'ca.crt': certificate })).toEqual({
      server: 'https://far.example',
      insecureSkipVerify: false,
      authority: { kind: 'inline', text: certificate },
      login: {
        issued: {
          what: 'a token of ServiceAccount/edge/far for https://far.example',
          issue: expect.any(Function),
        },
      },
    });
  });

  it('leaves the authority to the system where it names none', () => {
    expect(read({ ...generic, 'ca.crt': '' })).not.toHaveProperty('authority');
  });

  it.each([
    ['far.example', 'https://far.example'],
    ['Far.Example:6443', 'https://far.example:6443'],
    ['https://FAR.example:443/', 'https://far.example'],
    ['[::1]:6443', 'https://[::1]:6443'],
  ])('has the address %s in one form: %s', (address, server) => {
    expect(read({ ...generic, address }).server).toBe(server);
  });

  it.each([
    ['that it names', generic, undefined, 'far'],
    ['that it names, whatever the default', generic, 'tenant', 'far'],
    ['of the site where it names none', { ...generic, serviceAccountName: '' }, 'tenant', 'tenant'],
  ])('asks for a token of the account %s, in its namespace', async (_, data, given, name) => {
    expect(await demanded(data, given)).toMatchObject({ account: { namespace: 'edge', name } });
  });

  it.each([
    ['the address as it is written', {}, ['https://far.example']],
    ['the same where it names nobody', { audiences: ' \n' }, ['https://far.example']],
    ['each line', { audiences: 'one\n\n  two \r\n' }, ['one', 'two']],
  ])('asks for one that is for %s', async (_, more, audiences) => {
    expect(await demanded({ ...generic, ...more })).toMatchObject({ audiences });
  });

  it('may name the cluster as clouds call it, which says nothing here', () => {
    expect(read({ ...generic, cluster: 'projects/x' }).server).toBe('https://far.example');
  });

  it.each([
    [{ ...generic, provider: '' }, 'provider: expected generic, got none'],
    [{ ...generic, provider: 'alibaba' }, 'provider: expected generic, got alibaba'],
    [{ provider: 'generic', serviceAccountName: 'far' }, 'address: expected the address of the API server'],
    [{ ...generic, address: '' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, address: 'http://far.example' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, address: 'https://me:password@far.example' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, address: 'https://far.example/k8s/c-1' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, address: 'https://far.example?x' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, address: 'https://far .example' }, 'address: expected [https://]HOST[:PORT]'],
    [{ ...generic, 'ca.crt': 'password' }, 'ca.crt: expected certificates in PEM'],
    [{ ...generic, 'ca.crt': broken(certificate) }, 'ca.crt: expected certificates in PEM'],
    [{ ...generic, 'ca.crt': certificate + broken(certificate) }, 'ca.crt: expected certificates in PEM'],
    [
      { ...generic, serviceAccountName: '../x' },
      'serviceAccountName: expected the name of a service account',
    ],
    [{ ...generic, audience: 'password' }, 'Unrecognized key: "audience"'],
    [
      { ...generic, address: 'ftp://x', 'ca.crt': 'x' },
      'address: expected [https://]HOST[:PORT]; ca.crt: ex',
    ],
    [{ ...generic, audiences: 'x'.repeat(1024 * 1024) }, 'expected values of at most 1048576 characters'],
  ])('is refused: %#', (data, message) => {
    expect(() => read(data)).toThrow(`ConfigMap/edge/far: ${message}`);
    expect(() => read(data)).not.toThrow('password');
  });

  it('leads to the root of a server that has to prove who it is, whatever its address, or nowhere', () => {
    const part = fc.constantFrom(...'ab1.:/@?#[]%\\ \n', 'http', 'https', '://', 'password');
    const address = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(address, (text) => {
        const server = serverOrRefusal({ ...generic, address: text });
        expect(server).toMatch(/^(https:\/\/[^/?#@\s]+|CONFIG_INVALID)$/);
      }),
    );
  });

  it.each(['aws', 'azure', 'gcp'])('of %s is refused, with the way that there is', (provider) => {
    const words = `ConfigMap/edge/far: provider: ${provider} needs the token exchange of its cloud; expected generic, or a kubeconfig in the Secret of spec.kubeConfig.secretRef`;
    expect(() => read({ provider, cluster: 'x' })).toThrow(words);
  });

  it('says in few words for whom a token is', () => {
    const { login } = read({ ...generic, audiences: 'https://far.example\n'.repeat(10_000) });
    expect(login.issued?.what.length).toBeLessThan(500);
  });

  it('never shows a token of the agent', () => {
    const { serviceAccountName: _, ...nobody } = generic;
    expect(() => read(nobody)).toThrow(
      'ConfigMap/edge/far: serviceAccountName: expected the account whose token is shown, got none',
    );
  });
});

/** The address, or the code of the refusal. */
function serverOrRefusal(data: Readonly<Record<string, string>>): string {
  try {
    return read(data).server;
  } catch (thrown) {
    return (thrown as SealiftError).code;
  }
}

/** Without its second line. */
function broken(pem: string): string {
  const [first = '', , ...rest] = pem.split('\n');
  return [first, ...rest].join('\n');
}
