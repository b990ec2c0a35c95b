import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { SignedArtifact } from '../../src/verify/evidence/candidate.ts';
import { signedDigest } from './signed-digest.ts';
import { type ExpectedSigner, verifyBundle } from './verify-bundle.ts';

const publicGood = path.join(import.meta.dirname, '../../policies/trust/public-good.json');

const options = {
  bundle: { type: 'string' },
  staging: { type: 'boolean', default: false },
  'certificate-identity': { type: 'string' },
  'certificate-oidc-issuer': { type: 'string' },
  key: { type: 'string' },
  'trusted-root': { type: 'string' },
} as const;

/**
 * Does what the arguments of the suite's client interface ask for; returns when the bundle is accepted. README.md says how.
 * @param now milliseconds since the epoch.
 */
export async function runClient(args: readonly string[], now: number): Promise<void> {
  const [command, ...rest] = args;
  if (command !== 'verify-bundle') throw new Error(`expected verify-bundle, got ${command ?? 'nothing'}`);
  const { values, positionals } = parseArgs({ args: rest, options, allowPositionals: true });
  const [subject, ...others] = positionals;
  if (subject === undefined || others.length > 0 || values.bundle === undefined) {
    throw new Error('expected verify-bundle --bundle FILE [options] FILE_OR_DIGEST');
  }
  if (values.staging && values['trusted-root'] === undefined) {
    throw new Error('expected --trusted-root with --staging: nothing is downloaded here');
  }
  await verifyBundle({
    bundle: readFileSync(values.bundle),
    trustedRoot: readFileSync(values['trusted-root'] ?? publicGood),
    signer: expectedSigner(values),
    now,
    ...artifactOf(subject),
  });
}

interface SignerOptions {
  readonly key?: string | undefined;
  readonly 'certificate-identity'?: string | undefined;
  readonly 'certificate-oidc-issuer'?: string | undefined;
}

function expectedSigner(values: SignerOptions): ExpectedSigner {
  if (values.key !== undefined) return { kind: 'key', pem: readFileSync(values.key, 'utf8') };
  const subject = values['certificate-identity'];
  const issuer = values['certificate-oidc-issuer'];
  if (subject === undefined || issuer === undefined) {
    throw new Error('expected --key, or --certificate-identity and --certificate-oidc-issuer');
  }
  return { kind: 'identity', subject, issuer };
}

/** A digest when it reads as one and no file has that name. */
function artifactOf(subject: string): { readonly artifact: SignedArtifact; readonly digest: string } {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(subject)?.[1];
  if (hex !== undefined && !existsSync(subject)) {
    return { artifact: { kind: 'digest', digest: signedDigest(Buffer.from(hex, 'hex')) }, digest: subject };
  }
  const bytes = readFileSync(subject);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { artifact: { kind: 'bytes', bytes }, digest };
}
