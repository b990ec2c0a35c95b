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

  it.each(['', 'system:admin', 'a b', '../b', 'x'.repeat(254)])('refuses the account "%s"', (account) => {
    expect(() => tenancySettings({ ...nothing, defaultServiceAccount: account }, cluster)).toThrow(
      'expected the name of a service account',
    );
  });

  it('refuses an account for a directory, which has none', () => {
    const place = { kind: 'directory', path: '/x' } as const;
    expect(() => tenancySettings({ ...nothing, defaultServiceAccount: 'a' }, place)).toThrow(
      'expected a cluster as the target',
    );
  });
});
