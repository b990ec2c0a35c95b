import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SignedArtifact } from '../../src/verify/evidence/candidate.ts';
import { signedDigestOf } from '../conformance/signed-digest.ts';
import { type ExpectedSigner, verifyBundle } from '../conformance/verify-bundle.ts';

// Bundles of sigstore-conformance. ../../../shared/vectors/sigstore-conformance/README.md says how each is to be read.

const folder = join(import.meta.dirname, '../../../shared/vectors/sigstore-conformance');
if (!existsSync(folder)) console.warn(`skipped: no vectors in ${folder}`);

const identity =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';

/** The day after the vectors were made: everything they prove lies before. */
const now = Date.parse('2026-08-20T00:00:00Z');

const names = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'bundle.sigstore.json')))
  : [];

/** The first of these files that exists. */
function first(...paths: readonly string[]): Buffer {
  const path = paths.map((each) => join(folder, each)).find(existsSync);
  if (path === undefined) throw new Error(`expected one of ${paths.join(', ')}`);
  return readFileSync(path);
}

function line(path: string, otherwise: string): string {
  return existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8').trimEnd() : otherwise;
}

function signerOf(name: string): ExpectedSigner {
  const key = join(folder, name, 'key.pub');
  if (existsSync(key)) return { kind: 'key', pem: readFileSync(key, 'utf8') };
  return {
    kind: 'identity',
    subject: line(`${name}/identity`, identity),
    issuer: line(`${name}/issuer`, issuer),
  };
}

function judged(name: string, variant: 'its bytes' | 'its digest'): Promise<unknown> {
  const bytes = first(`${name}/artifact`, 'a.txt');
  const digest = signedDigestOf(bytes);
  const artifact: SignedArtifact =
    variant === 'its bytes' ? { kind: 'bytes', bytes } : { kind: 'digest', digest };
  return verifyBundle({
    bundle: first(`${name}/bundle.sigstore.json`),
    artifact,
    digest: `sha256:${Buffer.from(digest.sha256).toString('hex')}`,
    signer: signerOf(name),
    trustedRoot: first(`${name}/trusted_root.json`, 'public-good/trusted_root.json'),
    now,
  });
}

describe.skipIf(names.length === 0)('vectors of sigstore-conformance', () => {
  it.each(
    names.flatMap((name) => (['its bytes', 'its digest'] as const).map((kind) => [name, kind] as const)),
  )('%s, by %s', async (name, variant) => {
    if (name.endsWith('_fail')) await expect(judged(name, variant)).rejects.toThrow();
    else await expect(judged(name, variant)).resolves.toHaveProperty('keyId');
  });
});
