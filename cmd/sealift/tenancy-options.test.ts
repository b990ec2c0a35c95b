import { describe, expect, it } from 'vitest';
import { type TenancyOptions, tenancySettings } from './tenancy-options.ts';

const cluster = { kind: 'cluster' } as const;
const nothing: TenancyOptions = {
  crossNamespaceRefs: true,
  insecureKubeconfigExec: false,
  insecureKubeconfigTls: false,
};

describe('what those who write deliveries may do', () => {
  it('is nothing on this machine, and as the agent, unless an option says so', () => {
    expect(tenancySettings(nothing, cluster)).toEqual({
      crossNamespaceRefs: true,
      kubeconfigLeave: { exec: false, insecureTls: false },
    });
    const options = { ...nothing, defaultServiceAccount: 'tenant', insecureKubeconfigExec: true };
    expect(tenancySettings({ ...options, crossNamespaceRefs: false }, cluster)).toEqual({
      crossNamespaceRefs: false,
      defaultServiceAccount: 'tenant',
      kubeconfigLeave: { exec: true, insecureTls: false },
    });
  });

  it('is to show a token of the account that an option names', () => {
    const { kubeconfigLeave } = tenancySettings(
      { ...nothing, defaultKubeconfigServiceAccount: 'a' },
      cluster,
    );
    expect(kubeconfigLeave).toEqual({ exec: false, insecureTls: false, account: 'a' });
  });

  describe.each([
    ['--default-service-account', 'defaultServiceAccount'],
    ['--default-kubeconfig-service-account', 'defaultKubeconfigServiceAccount'],
  ])('%s', (option, name) => {
    it.each(['', 'system:admin', 'a b', '../b', 'x'.repeat(254)])('refuses "%s"', (account) => {
      expect(() => tenancySettings({ ...nothing, [name]: account }, cluster)).toThrow(
        `${option} ${account}: expected the name of a service account`,
      );
    });

    it('refuses an account for a directory, which has none', () => {
      const place = { kind: 'directory', path: '/x' } as const;
      expect(() => tenancySettings({ ...nothing, [name]: 'a' }, place)).toThrow(
        `${option} a: expected a cluster as the target`,
      );
    });
  });
});
