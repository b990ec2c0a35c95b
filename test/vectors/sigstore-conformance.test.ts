import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runClient } from '../conformance/run-client.ts';

// Bundles of sigstore-conformance. ../../../shared/vectors/sigstore-conformance/README.md says how each is to be read.

const folder = path.join(import.meta.dirname, '../../../shared/vectors/sigstore-conformance');
if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);

const identity =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';

/** The day after the vectors were made: everything they prove lies before. */
const now = Date.parse('2026-08-20T00:00:00Z');

const names = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'bundle.sigstore.json')))
  : [];

/** The file of the vector, else the one that all share. */
function file(name: string, own: string, shared: string): string {
  const place = path.join(folder, name, own);
  return existsSync(place) ? place : path.join(folder, shared);
}

function line(name: string, own: string, otherwise: string): string {
  const place = path.join(folder, name, own);
  return existsSync(place) ? readFileSync(place, 'utf8').trimEnd() : otherwise;
}

function signerOptions(name: string): readonly string[] {
  const key = path.join(folder, name, 'key.pub');
  if (existsSync(key)) return ['--key', key];
  return [
    ...['--certificate-identity', line(name, 'identity', identity)],
    ...['--certificate-oidc-issuer', line(name, 'issuer', issuer)],
  ];
}

/** What the suite passes to its client. */
function argumentsOf(name: string, variant: 'file' | 'digest'): readonly string[] {
  const artifact = file(name, 'artifact', 'a.txt');
  const digest = `sha256:${createHash('sha256').update(readFileSync(artifact)).digest('hex')}`;
  return [
    'verify-bundle',
    ...['--bundle', path.join(folder, name, 'bundle.sigstore.json')],
    ...signerOptions(name),
    ...['--trusted-root', file(name, 'trusted_root.json', 'public-good/trusted_root.json')],
    variant === 'file' ? artifact : digest,
  ];
}

const cases = names.flatMap((name) => [[name, 'file'] as const, [name, 'digest'] as const]);

describe.skipIf(names.length === 0)('vectors of sigstore-conformance', () => {
  it.each(cases)('%s, by its %s', async (name, variant) => {
    const judged = runClient(argumentsOf(name, variant), now);
    if (name.endsWith('_fail')) await expect(judged).rejects.toThrow();
    else await expect(judged).resolves.toBeUndefined();
  });

  it('are refused where nothing else differs but the identity, the issuer or the clock', async () => {
    const args = argumentsOf('happy-path-v0.3', 'file');
    const changed = (from: string): readonly string[] => args.map((arg) => (arg === from ? `${arg}x` : arg));
    await expect(runClient(changed(identity), now)).rejects.toThrow('expected');
    await expect(runClient(changed(issuer), now)).rejects.toThrow('expected');
    await expect(runClient(args, Date.parse('2020-01-01T00:00:00Z'))).rejects.toThrow('five minutes');
  });

  it('are judged so by the exit code of the client, with the root that is shipped', () => {
    const client = path.join(import.meta.dirname, '../conformance/sealift-client');
    const status = (name: string): number | null =>
      spawnSync(
        client,
        argumentsOf(name, 'file').filter((arg) => !/^--trusted-root$|root\.json$/.test(arg)),
        {
          env: { PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` },
        },
      ).status;
    expect(status('happy-path-v0.3')).toBe(0);
    expect(status('set-invalid-signature_fail')).toBe(1);
  });
});
