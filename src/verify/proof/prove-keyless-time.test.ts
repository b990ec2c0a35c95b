import { describe, expect, it } from 'vitest';
import { keylessSite, minute } from '../../../test/fixtures/keyless-site.ts';
import { offlineSigstore, stamp, withEvidence } from '../../../test/fixtures/offline-sigstore.ts';
import { prove } from './prove.ts';

const { sigstore, keyless, shortLived, logged, judged, at, now } = await keylessSite();

describe('time', () => {
  it('attack 14: a timestamp by a stranger who brings a certificate of the right name is refused', async () => {
    const stranger = await offlineSigstore();
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(stranger.stampers[0], claim.signature, at)];
    expect(judged(withEvidence(claim, { timestamps }))).toBe('TIMESTAMP_INVALID');
  });

  it('attack 14: a timestamp over something else is refused', async () => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signedBytes, at)];
    expect(judged(withEvidence(claim, { timestamps }))).toBe('TIMESTAMP_INVALID');
  });

  it.each([
    ['the envelope', 'proven'],
    ['the signature', 'proven'],
    ['something else', 'TIMESTAMP_INVALID'],
  ])('of a legacy attestation with a timestamp over %s is %s', async (what, expected) => {
    const claim = await logged(await shortLived());
    const envelope = Buffer.from('the whole envelope');
    const stamped = { 'the envelope': envelope, 'the signature': claim.signature }[what] ?? claim.signedBytes;
    const timestamps = [await stamp(sigstore.stampers[0], stamped, at)];
    expect(judged(withEvidence({ ...claim, timestamped: envelope }, { timestamps }))).toBe(expected);
  });

  it('of a legacy attestation is not what is refused when its certificate had ended', async () => {
    const ended = { notBefore: new Date(at - 10 * minute), notAfter: new Date(at - minute) };
    const claim = await logged(await shortLived(ended));
    const envelope = Buffer.from('the whole envelope');
    const timestamps = [await stamp(sigstore.stampers[0], envelope, at)];
    expect(judged(withEvidence({ ...claim, timestamped: envelope }, { timestamps }))).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('refuses bytes that are no timestamp', async () => {
    const claim = await logged(await shortLived());
    expect(judged(withEvidence(claim, { timestamps: ['AAAA'] }))).toBe('TIMESTAMP_INVALID');
    expect(judged(withEvidence(claim, { timestamps: ['MAA='] }))).toBe('TIMESTAMP_INVALID');
  });

  it('refuses a timestamp of a month that there is not', async () => {
    const claim = await logged(await shortLived());
    const token = Buffer.from(await stamp(sigstore.stampers[0], claim.signature, at), 'base64');
    const moved = token.toString('latin1').replace(/(20\d\d)\d\d(\d{8}Z)/, '$113$2');
    const timestamps = [Buffer.from(moved, 'latin1').toString('base64')];
    expect(prove(keyless(), withEvidence(claim, { timestamps }), now)).toMatchObject({
      code: 'TIMESTAMP_INVALID',
      message: 'expected evidence that can be read: "invalid time"',
    });
  });

  it('looks at a timestamp once for each thing that it may be over', async () => {
    const { trustedRoot: root } = keyless();
    let looks = 0;
    class Counting extends root.library.Verifier {
      override verify(...given: Parameters<InstanceType<typeof root.library.Verifier>['verify']>) {
        looks += 1;
        return super.verify(...given);
      }
    }
    const trustedRoot = { ...root, library: { ...root.library, Verifier: Counting } };
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signedBytes, at)];
    const stamped = withEvidence(claim, { timestamps });
    expect(judged(stamped, { trustedRoot })).toBe('TIMESTAMP_INVALID');
    expect(looks).toBe(1);
    expect(judged({ ...stamped, timestamped: Buffer.from('else') }, { trustedRoot })).toBe(
      'TIMESTAMP_INVALID',
    );
    expect(looks).toBe(3);
  });

  it.each([0, 1, 20, 300, 456])('reads a timestamp %i ms after the full second', async (fraction) => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at + fraction)];
    expect(prove(keyless(), withEvidence(claim, { timestamps }), now)).toMatchObject({
      times: expect.arrayContaining([{ by: 'timestamp', operator: 'tsa-0.test', at: at + fraction }]),
    });
  });

  it('refuses a signature after the certificate ended', async () => {
    const options = { notBefore: new Date(at - 10 * minute), notAfter: new Date(at - minute) };
    const cause = 'certificate is not valid or expired at the specified date';
    expect(prove(keyless(), await logged(await shortLived(options)), now)).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: `expected evidence that holds: "Failed to verify certificate chain: ${cause}"`,
    });
  });

  it('refuses a timestamp outside of the certificate beside a log entry inside', async () => {
    const claim = await logged(await shortLived());
    const timestamps = [await stamp(sigstore.stampers[0], claim.signature, at + 10 * minute)];
    expect(judged(withEvidence(claim, { timestamps }), {}, at + 20 * minute)).toBe('CERTIFICATE_INVALID');
  });

  it.each([
    ['five minutes ahead', at - 5 * minute, 'proven'],
    ['more than five minutes ahead', at - 5 * minute - 1, 'TIMESTAMP_INVALID'],
    ['ahead of a clock at 1970', 0, 'TIMESTAMP_INVALID'],
    ['ahead of a clock that was set back two years', at - 2 * 365 * 24 * 60 * minute, 'TIMESTAMP_INVALID'],
    ['long past for a clock that runs two years ahead', at + 2 * 365 * 24 * 60 * minute, 'proven'],
    ['compared with no clock', Number.NaN, 'TIMESTAMP_INVALID'],
  ])('attack 34: a time %s is judged so', async (_, when, outcome) => {
    expect(judged(await logged(await shortLived()), {}, when)).toBe(outcome);
  });
});
