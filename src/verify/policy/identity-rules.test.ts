import { describe, expect, it } from 'vitest';
import { readIdentity } from './identity-rules.ts';

const workflow = {
  issuer: 'https://token.test',
  subject: 'https://forge.test/org/app',
  extensions: {},
  extensionPatterns: {},
};
const ref = '1.3.6.1.4.1.57264.1.14';

describe('what the schema of policies lets nobody write', () => {
  it('is an identity without subject: it names nobody', () => {
    const { subject: _, ...anybody } = workflow;
    const { subject } = readIdentity(anybody, 'policy');
    expect(['', 'undefined', workflow.subject].filter((text) => subject.matches(text))).toEqual([]);
    expect(subject.written).toBe('nobody');
  });

  it('is an extension that no certificate can have: it stays a rule', () => {
    const rules = readIdentity({ ...workflow, extensions: { nothing: 'x' } }, 'policy').extensions;
    expect([...rules.keys()]).toEqual(['nothing']);
  });
});

describe('an extension that an identity names twice', () => {
  const tagged = (text: string) =>
    readIdentity(
      { ...workflow, extensions: { [ref]: text }, extensionPatterns: { sourceRef: 'refs/tags/.*' } },
      'policy',
    ).extensions.get(ref);

  it('has to be what both say', () => {
    const rule = tagged('refs/tags/v1');
    expect(rule?.matches('refs/tags/v1')).toBe(true);
    expect(rule?.matches('refs/tags/v2')).toBe(false);
    expect(rule?.written).toBe('"refs/tags/v1" and /refs/tags/.*/');
  });

  it('is refused where they agree on nothing', () => {
    const never = tagged('refs/heads/main');
    expect(['refs/heads/main', 'refs/tags/v1'].filter((text) => never?.matches(text))).toEqual([]);
  });
});
