import type { SignedEntity } from '@sigstore/verify';

/** An RFC 3161 timestamp as the library holds it. */
export type Stamp = Extract<
  SignedEntity['timestamps'][number],
  { $case: 'timestamp-authority' }
>['timestamp'];

/** Where a TSTInfo has its time: https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2 */
const timePosition = 4;

/** The fraction has any number of digits; clocks tell nanoseconds at most. */
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * The timestamp with its time read here, to milliseconds: the library takes fractions of a second of three digits alone.
 * @throws Error for what is no timestamp, or has no time.
 */
export function withStampTime(stamp: Stamp): Stamp {
  const text = stamp.tstInfo.root.subs[timePosition]?.value.toString('latin1') ?? '';
  const [, year, month, day, hour, minute, second, fraction = ''] = generalizedTime.exec(text) ?? [];
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const signingTime = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  if (Number.isNaN(signingTime.getTime())) throw new RangeError('invalid time');
  return Object.create(stamp, { signingTime: { value: signingTime } });
}
