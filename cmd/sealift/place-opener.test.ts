import { expect, it } from 'vitest';
import { createKubernetesClient } from '../../src/target/index.ts';
import { createPlaceOpener } from './place-opener.ts';
import { systemClock, systemRandom } from './system-clock.ts';

const environment = {};
const server = 'https://site.test/k8s';
const client = createKubernetesClient(
  { server, insecureSkipVerify: false, login: {} },
  { userAgent: 'test', clock: systemClock, random: systemRandom, environment },
);

function openerWith(remembered: string[], shown?: string) {
  const traces = (place: string) => {
    remembered.push(place);
    return { find: () => undefined, save: () => undefined, remove: () => undefined };
  };
  const leave = { exec: false, insecureTls: false, ...(shown === undefined ? {} : { account: shown }) };
  return createPlaceOpener({ client, server, leave, traces, clock: systemClock, environment });
}

const kubeconfigOf = (user: object) => ({
  kind: 'kubeconfig' as const,
  subject: 'Secret/edge/remote',
  text: JSON.stringify({
    clusters: [{ name: 'remote', cluster: { server: 'https://remote.test' } }],
    users: [{ name: 'me', user: { token: 'password', ...user } }],
    contexts: [{ name: 'main', context: { cluster: 'remote', user: 'me' } }],
    'current-context': 'main',
  }),
});

const configMap = {
  kind: 'config-map' as const,
  subject: 'ConfigMap/edge/remote',
  namespace: 'edge',
  data: { provider: 'generic', address: 'remote.test', serviceAccountName: 'shown' },
};

const account = { namespace: 'edge', name: 'deployer' };

it('what is written is remembered by cluster, by who says where that is, and by account', async () => {
  const remembered: string[] = [];
  const opener = openerWith(remembered);
  const access = kubeconfigOf({});
  const opened = [
    opener.open({ access: undefined, account }),
    opener.open({ access, account: undefined }),
    opener.open({ access, account }),
    opener.open({ access: configMap, account }),
  ];
  expect(remembered).toEqual([
    'https://site.test/k8s as system:serviceaccount:edge:deployer',
    'https://remote.test by Secret/edge/remote',
    'https://remote.test by Secret/edge/remote as system:serviceaccount:edge:deployer',
    'https://remote.test by ConfigMap/edge/remote as system:serviceaccount:edge:deployer',
  ]);
  for (const { close } of opened) await close();
});

it('a ConfigMap that names no account means the one that the operator names, if any', () => {
  const { serviceAccountName: _, ...data } = configMap.data;
  expect(openerWith([], 'shown').serverOf({ ...configMap, data })).toBe('https://remote.test');
  expect(() => openerWith([]).serverOf({ ...configMap, data })).toThrow('serviceAccountName: expected');
});

it('nobody acts as two at once', () => {
  const opener = openerWith([]);
  const access = kubeconfigOf({ as: 'somebody' });
  expect(opener.serverOf(access)).toBe('https://remote.test');
  const message = 'Secret/edge/remote: expected no "as" beside spec.serviceAccountName';
  expect(() => opener.open({ access, account })).toThrow(message);
});
