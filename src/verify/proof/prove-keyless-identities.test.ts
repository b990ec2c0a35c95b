import { describe, expect, it } from 'vitest';
import { type CertificateOptions, names, oids, utf8 } from '../../../test/fixtures/certificate-maker.ts';
import { is, jo, keylessSite } from '../../../test/fixtures/keyless-site.ts';
import type { IdentityRule, TextRule } from './identity-rule.ts';
import { prove } from './prove.ts';

const { keyless, shortLived, logged, judged, now } = await keylessSite();

const anything: TextRule = { written: 'anything', matches: () => true };

describe('identities', () => {
  const named = async (
    extensions: NonNullable<CertificateOptions['extensions']>,
    rule: Partial<IdentityRule>,
  ): Promise<string> => {
    const claim = await logged(await shortLived({ extensions }));
    return judged(claim, { identities: [{ ...jo, ...rule }] });
  };

  it.each([
    ['an e-mail address', names(['email', 'ann@example.test']), 'ann@example.test'],
    ['a URI', names(['uri', 'https://ci.test/job@refs/heads/main']), 'https://ci.test/job@refs/heads/main'],
    ['the user name of Fulcio', names(['user', 'ann!domain']), 'ann!domain'],
    ['a URI beside a host', names(['dns', 'h.test'], ['uri', 'https://ci.test/job']), 'https://ci.test/job'],
  ])('proves %s as subject', async (_, value, subject) => {
    const extensions = { [oids.alternativeName]: { critical: true, value } };
    expect(await named(extensions, { subject: is(subject) })).toBe('proven');
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 19: the subject has to be what the rule says, not only to hold it', async () => {
    const extensions = { [oids.alternativeName]: { value: names(['email', 'jo@example.test.evil']) } };
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 19: another issuer for the same subject is refused', async () => {
    const extensions = { [oids.issuer]: { value: utf8('https://issuer.test.evil') } };
    expect(await named(extensions, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('reads the old extension for the issuer where there is no new one', async () => {
    const old = { value: Buffer.from('https://issuer.test') };
    expect(await named({ [oids.issuer]: null, [oids.oldIssuer]: old }, {})).toBe('proven');
    const other = { [oids.issuer]: { value: utf8('https://other.test') }, [oids.oldIssuer]: old };
    expect(await named(other, {})).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it.each([
    ['the same', 'https://repo.test/a', 'proven'],
    ['another', 'https://repo.test/b', 'SIGNATURE_IDENTITY_UNKNOWN'],
    ['a long', `https://repo.test/${'x'.repeat(200)}`, 'SIGNATURE_IDENTITY_UNKNOWN'],
  ])('compares extensions that the rule names: %s text', async (_, text, outcome) => {
    const rules = new Map([[oids.repository as string, is('https://repo.test/a')]]);
    expect(await named({ [oids.repository]: { value: utf8(text) } }, { extensions: rules })).toBe(outcome);
  });

  it('reads extensions longer than 127 bytes', async () => {
    const long = `https://repo.test/${'x'.repeat(300)}`;
    const rules = new Map([[oids.repository as string, is(long)]]);
    expect(await named({ [oids.repository]: { value: utf8(long) } }, { extensions: rules })).toBe('proven');
  });

  it.each<[string, NonNullable<CertificateOptions['extensions']>, Partial<IdentityRule>]>([
    ['issuer', { [oids.issuer]: null }, { issuer: anything }],
    ['issuer that is empty', { [oids.issuer]: { value: utf8('') } }, { issuer: anything }],
    [
      'user name that is empty',
      { [oids.alternativeName]: { value: names(['user', '']) } },
      { subject: anything },
    ],
    ['extension', {}, { extensions: new Map([[oids.repository as string, anything]]) }],
    [
      'extension that is empty',
      { [oids.repository]: { value: utf8('') } },
      { extensions: new Map([[oids.repository as string, anything]]) },
    ],
  ])('attack 23: a missing %s matches no rule, not even one for anything', async (_, extensions, rule) => {
    expect(await named(extensions, rule)).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('attack 23: no rule at all names nobody', async () => {
    expect(judged(await logged(await shortLived()), { identities: [] })).toBe('SIGNATURE_IDENTITY_UNKNOWN');
  });

  it('takes any of several rules', async () => {
    const other = { ...jo, subject: is('ann@example.test') };
    expect(judged(await logged(await shortLived()), { identities: [other, jo] })).toBe('proven');
  });

  it('says whom it expected and whom it got', async () => {
    const claim = await logged(await shortLived());
    const got = 'got "jo@example.test" by the word of "https://issuer.test"';
    expect(prove(keyless({ identities: [] }), claim, now)).toMatchObject({
      message: `expected nobody, ${got}`,
    });
    const ann = { subject: is('ann@example.test'), extensions: new Map([['1.2.3', is('x')]]) };
    const bob = { issuer: is('https://issuer.test'), subject: is('bob@example.test'), extensions: new Map() };
    expect(prove(keyless({ identities: [ann, bob] }), claim, now)).toMatchObject({
      message: `expected ann@example.test 1.2.3 x, or bob@example.test by the word of https://issuer.test, ${got}`,
    });
  });
});
