import type { Command } from 'commander';
import { freshnessAnnotations } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { signatureStatement } from '../../src/verify/index.ts';
import { type Annotations, annotationsOption } from './annotations-option.ts';
import { parseExpiry } from './expiry.ts';
import { outputOption } from './options.ts';
import { formatValue, type OutputFormat } from './output.ts';
import { putStatement } from './put-statement.ts';
import { formatSigned } from './signed-result.ts';
import { addSigningOptions, requireSigner, type SigningOptions } from './signing-options.ts';
import { stopSignal } from './stop-signal.ts';

interface SignOptions extends SigningOptions {
  readonly key?: string;
  readonly annotations: Annotations;
  readonly expires?: string;
  readonly insecure: boolean;
  readonly output: OutputFormat;
}

function signedAnnotations({ annotations, expires }: SignOptions): Annotations {
  if (expires === undefined) return annotations;
  const name = freshnessAnnotations.expires;
  if (Object.hasOwn(annotations, name)) {
    throw new SealiftError('USAGE', '--expires', `expected either it or the annotation ${name}, got both`);
  }
  return { ...annotations, [name]: parseExpiry(expires, Date.now()) };
}

async function runSign(reference: string, options: SignOptions): Promise<void> {
  const { key, insecure, output } = options;
  const annotations = signedAnnotations(options);
  const signer = await requireSigner(options, key);
  const result = await putStatement(
    { reference, insecure, signer, annotations },
    (digest) => signatureStatement(digest, annotations),
    stopSignal(),
  );
  process.stdout.write(output === 'table' ? formatSigned(result) : formatValue(result, output));
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('sign')
    .description('sign an artifact by its digest, beside the signatures it has, as cosign sign does')
    .argument('<reference>', 'oci://HOST/REPOSITORY or oci-layout:DIRECTORY, with :TAG or @DIGEST')
    .option('--key <file>', 'private key to sign with (COSIGN_PASSWORD is its password)');
  addSigningOptions(command)
    .addOption(annotationsOption('signed with the digest'))
    .option('--expires <when>', 'until when the signature means it: RFC 3339, or from now as 90d, 12h, 30m')
    .option('--insecure', 'speak plain HTTP to a registry that is not on loopback', false)
    .addOption(outputOption())
    .action(runSign);
}
