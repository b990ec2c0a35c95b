import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../../../test/fixtures/certificate-maker.ts';
import {
  claimOf,
  loadRoot,
  logV1,
  type OfflineSigstore,
  offlineSigstore,
  type RootJson,
  rootJson,
  withEvidence,
} from '../../../test/fixtures/offline-sigstore.ts';
import { prove } from './prove.ts';
import { loadTrustedRoot } from './trusted-root.ts';

let sigstore: OfflineSigstore;

beforeAll(async () => {
  sigstore = await offlineSigstore();
});

type Change = (json: RootJson) => void;

function changed(change: Change): RootJson {
  const json = rootJson(sigstore);
  change(json);
  return json;
}

const publicGood = readFileSync(path.join(import.meta.dirname, '../../../policies/trust/public-good.json'));

describe('loadTrustedRoot', () => {
  it('lists what is in the public-good root, and names it by its content', async () => {
    const root = await loadTrustedRoot(publicGood, 'public-good');
    expect(root.id).toBe('sha256:6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66');
    expect(root.members.map(({ role, url }) => `${role} ${url}`)).toEqual([
      'log https://rekor.sigstore.dev',
      'log https://log2025-1.rekor.sigstore.dev',
      'certificate-log https://ctfe.sigstore.dev/test',
      'certificate-log https://ctfe.sigstore.dev/2022',
      'certificate-authority https://fulcio.sigstore.dev',
      'certificate-authority https://fulcio.sigstore.dev',
      'timestamp-authority https://timestamp.sigstore.dev/api/v1/timestamp',
    ]);
    expect(root.members[2]).toMatchObject({
      operator: '',
      notBefore: Date.parse('2021-03-14T00:00:00Z'),
      notAfter: Date.parse('2022-10-31T23:59:59.999Z'),
    });
    expect(root.members[0]).not.toHaveProperty('logId');
  });

  it('names another content otherwise', async () => {
    const longer = await loadTrustedRoot(Buffer.concat([publicGood, Buffer.from('\n')]), 'public-good');
    expect(longer.id).not.toBe((await loadTrustedRoot(publicGood, 'public-good')).id);
  });

  it('takes null for what is not set, as JSON of protobuf allows', async () => {
    const json = changed(({ tlogs }) => {
      for (const log of tlogs) log['checkpointKeyId'] = null;
    });
    await expect(loadRoot(json)).resolves.toHaveProperty('id');
  });

  it.each([
    'application/vnd.dev.sigstore.trustedroot.v0.2+json',
    'application/vnd.dev.sigstore.trustedroot.v0.1+json',
    'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  ])('reads media type %s', async (mediaType) => {
    await expect(loadRoot({ ...rootJson(sigstore), mediaType })).resolves.toHaveProperty('id');
  });

  const publicKey = (change: object) => (log: Record<string, unknown>) => {
    log['publicKey'] = { ...(log['publicKey'] as object), ...change };
  };

  it.each<[string, Change]>([
    [
      'a log that is null',
      (json) => {
        json.tlogs = [null as never];
      },
    ],
    [
      'another media type',
      (json) => {
        json.mediaType += 'EVIL';
      },
    ],
    [
      'no media type',
      (json) => {
        json.mediaType = '';
      },
    ],
    ['a log without window', ({ tlogs }) => tlogs.forEach(publicKey({ validFor: undefined }))],
    ['a log without start', ({ tlogs }) => tlogs.forEach(publicKey({ validFor: {} }))],
    ['a log whose start is null', ({ tlogs }) => tlogs.forEach(publicKey({ validFor: { start: null } }))],
    ['a start that is no time', ({ tlogs }) => tlogs.forEach(publicKey({ validFor: { start: 'ever' } }))],
    ['a CT log without start', ({ ctlogs }) => ctlogs.forEach(publicKey({ validFor: {} }))],
    [
      'a log without URL',
      ({ tlogs }) => {
        for (const log of tlogs) log['baseUrl'] = '';
      },
    ],
    [
      'a log without id',
      ({ tlogs }) => {
        for (const log of tlogs) delete log['logId'];
      },
    ],
    [
      'a log with another hash',
      ({ tlogs }) => {
        for (const log of tlogs) log['hashAlgorithm'] = 'SHA2_512';
      },
    ],
    ['a log key that is none', ({ tlogs }) => tlogs.forEach(publicKey({ rawBytes: 'AAAA' }))],
    ['base64 that is none', ({ tlogs }) => tlogs.forEach(publicKey({ rawBytes: '!' }))],
    [
      'a checkpoint key id of another log',
      ({ tlogs }) => {
        for (const log of tlogs) log['checkpointKeyId'] = { keyId: 'AAAAAA==' };
      },
    ],
    [
      'a checkpoint key id of three bytes',
      ({ tlogs }) => {
        for (const log of tlogs) log['checkpointKeyId'] = { keyId: shortId(log, 3) };
      },
    ],
    [
      'an authority without certificate',
      (json) => {
        json.certificateAuthorities = [{ certChain: { certificates: [] } }];
      },
    ],
    [
      'an authority whose certificate is none',
      (json) => {
        json.certificateAuthorities = [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }];
      },
    ],
    [
      '65 logs',
      (json) => {
        json.tlogs = Array.from({ length: 65 }, () => json.tlogs[0] ?? {});
      },
    ],
    [
      'nobody at all',
      (json) => {
        json.tlogs = [];
        json.certificateAuthorities = [];
        json.timestampAuthorities = [];
      },
    ],
  ])('attack 48: refuses %s', async (_, change) => {
    await expect(loadRoot(changed(change))).rejects.toMatchObject({
      code: 'TRUST_INVALID',
      subject: 'root of the test',
    });
  });

  it('attack 48: says what is no certificate', async () => {
    const json = changed((each) => {
      each.timestampAuthorities = [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }];
    });
    await expect(loadRoot(json)).rejects.toThrow('got others: expected a certificate in DER');
  });

  it('attack 48: refuses one key twice, and more than a mebibyte', async () => {
    const text = JSON.stringify(rootJson(sigstore));
    const twice = Buffer.from(text.replace('{', '{"mediaType":"application/x",'));
    await expect(loadTrustedRoot(twice, 'twice')).rejects.toMatchObject({ code: 'TRUST_INVALID' });
    const large = Buffer.from(text + ' '.repeat(1024 * 1024));
    await expect(loadTrustedRoot(large, 'large')).rejects.toThrow('expected at most 1048576 bytes');
    await expect(loadTrustedRoot(Buffer.from('{'), 'cut')).rejects.toMatchObject({ code: 'TRUST_INVALID' });
  });

  it('attack 48: a checkpoint key id of four bytes is repaired', async () => {
    const trustedRoot = await loadRoot(
      changed(({ tlogs }) => {
        for (const log of tlogs) log['checkpointKeyId'] = { keyId: shortId(log, 4) };
      }),
    );
    const at = (Math.floor(Date.now() / 1000) + 10) * 1000;
    const signer = await issue(sigstore.fulcio, { log: sigstore.ctLog });
    const claim = claimOf(signer);
    const logEntries = [await logV1(sigstore.logs[0], claim, { at, named: signer })];
    const anybody = { subject: { written: 'anybody', matches: () => true }, extensions: new Map() };
    const time = { logs: 1, timestamps: 0 };
    const authority = { kind: 'keyless', name: 'test', identities: [anybody], time, trustedRoot } as const;
    expect(prove(authority, withEvidence(claim, { logEntries }), at)).toHaveProperty('keyId');
  });
});

function shortId(log: Record<string, unknown>, length: number): string {
  const { keyId } = log['logId'] as { readonly keyId: string };
  return Buffer.from(keyId, 'base64').subarray(0, length).toString('base64');
}
