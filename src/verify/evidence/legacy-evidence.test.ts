import { describe, expect, it } from 'vitest';
import { readLegacyEvidence } from './legacy-evidence.ts';
import { Refused } from './refused.ts';

const certificate = 'dev.sigstore.cosign/certificate';
const log = 'dev.sigstore.cosign/bundle';
const timestamp = 'dev.sigstore.cosign/rfc3161timestamp';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const body = base64({ apiVersion: '0.0.1', kind: 'hashedrekord', spec: {} });
const logId = 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d';
const payload = { body, integratedTime: 1700000000, logIndex: 42, logID: logId };
const promise = { SignedEntryTimestamp: 'AAAA', Payload: payload };
const block = (content: string, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;

const withLog = (change: object) => ({ [log]: JSON.stringify({ ...promise, ...change }) });
const withPayload = (change: object) => withLog({ Payload: { ...payload, ...change } });
const stamped = (value: unknown) => ({ [timestamp]: JSON.stringify(value) });

describe('annotations of a legacy layer', () => {
  it('are a key without log entry where there are none', () => {
    const nothing = {
      material: { kind: 'key' },
      evidence: {
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
        logEntries: [],
        timestamps: [],
      },
    };
    expect(readLegacyEvidence({})).toEqual(nothing);
    expect(readLegacyEvidence({ [certificate]: '', [log]: '', [timestamp]: '' })).toEqual(nothing);
  });

  it('are lifted into what a bundle of version 0.1 has', () => {
    const annotations = {
      ...withLog({}),
      ...stamped({ SignedRFC3161Timestamp: 'AQID' }),
      [certificate]: block('AQID'),
      'dev.sigstore.cosign/chain': 'whatever somebody says of whom to trust',
    };
    expect(readLegacyEvidence(annotations)).toEqual({
      material: { kind: 'certificate', leaf: Buffer.of(1, 2, 3) },
      evidence: {
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
        logEntries: [
          {
            logIndex: '42',
            logId: { keyId: Buffer.from(logId, 'hex').toString('base64') },
            kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
            integratedTime: '1700000000',
            inclusionPromise: { signedEntryTimestamp: 'AAAA' },
            canonicalizedBody: body,
          },
        ],
        timestamps: ['AQID'],
      },
    });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['attack 32: two certificates', { [certificate]: block('AQID') + block('AQID') }],
    ['attack 32: text behind the certificate', { [certificate]: `${block('AQID')}x` }],
    ['attack 32: a public key for a certificate', { [certificate]: block('AQID', 'PUBLIC KEY') }],
    ['attack 32: white space inside the certificate', { [certificate]: block('AQ ID') }],
    ['a log entry that is no JSON', { [log]: 'x' }],
    [
      'attack 18: a log entry with a key twice',
      { [log]: JSON.stringify(promise).replace('{', '{"Payload":1,') },
    ],
    [
      'attack 18: names in other case',
      withLog({ SignedEntryTimestamp: undefined, signedEntryTimestamp: 'AAAA' }),
    ],
    ['a further field', withLog({ extra: 1 })],
    ['no promise', withLog({ SignedEntryTimestamp: undefined })],
    ['attack 32: a promise in the URL alphabet', withLog({ SignedEntryTimestamp: '-_==' })],
    ['attack 32: a body with a line break', withPayload({ body: `${body}\n` })],
    ['a body that is no JSON', withPayload({ body: 'AQID' })],
    ['a body without kind', withPayload({ body: base64({ apiVersion: '0.0.1' }) })],
    ['a time as text', withPayload({ integratedTime: '1700000000' })],
    ['a time that is no integer', withPayload({ integratedTime: 1.5 })],
    ['a time before the epoch', withPayload({ integratedTime: -1 })],
    ['a time that a double cannot hold', withPayload({ integratedTime: 2 ** 53 })],
    ['a negative index', withPayload({ logIndex: -1 })],
    ['a log in capitals', withPayload({ logID: logId.toUpperCase() })],
    ['a log cut short', withPayload({ logID: logId.slice(2) })],
    ['attack 12: an endless annotation', { [log]: JSON.stringify(promise) + ' '.repeat(128 * 1024) }],
    ['a timestamp that is no JSON', { [timestamp]: 'AQID' }],
    ['a timestamp under another name', stamped({ signedRFC3161Timestamp: 'AQID' })],
    ['attack 32: a timestamp without padding', stamped({ SignedRFC3161Timestamp: 'AQI' })],
  ])('%s: refused', (_what, annotations) => {
    expect(() => readLegacyEvidence(annotations)).toThrow(Refused);
  });
});
