import type { Command } from 'commander';
import { attestationStatement } from '../../src/verify/index.ts';
import { outputOption } from './options.ts';
import { formatValue, type OutputFormat } from './output.ts';
import { predicateOf, predicateTypes, readPredicateFile } from './predicate.ts';
import { putStatement } from './put-statement.ts';
import { formatSigned } from './signed-result.ts';
import { addSigningOptions, requireSigner, type SigningOptions } from './signing-options.ts';
import { stopSignal } from './stop-signal.ts';

interface AttestOptions extends SigningOptions {
  readonly key?: string;
  readonly predicate: string;
  readonly type: string;
  readonly insecure: boolean;
  readonly output: OutputFormat;
}

async function runAttest(reference: string, options: AttestOptions): Promise<void> {
  const { key, insecure, output } = options;
  const content = await readPredicateFile(options.predicate);
  const predicate = predicateOf(options.type, content, Date.now());
  const signer = await requireSigner(options, key);
  const result = await putStatement(
    { reference, insecure, signer, annotations: {} },
    (digest) => attestationStatement(digest, predicate),
    stopSignal(),
  );
  const text =
    output === 'table'
      ? formatSigned(result, `attested ${result.predicateType} of`)
      : formatValue(result, output);
  process.stdout.write(text);
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('attest')
    .description('sign a statement about an artifact and put it beside it, as cosign attest does')
    .argument('<reference>', 'oci://HOST/REPOSITORY or oci-layout:DIRECTORY, with :TAG or @DIGEST')
    .requiredOption('--predicate <file>', 'what is stated: JSON')
    .option(
      '--type <type>',
      `type of the predicate: a URI, or ${Object.keys(predicateTypes).join(', ')}`,
      'custom',
    )
    .option('--key <file>', 'private key to sign with (COSIGN_PASSWORD is its password)');
  addSigningOptions(command)
    .option('--insecure', 'speak plain HTTP to a registry that is not on loopback', false)
    .addOption(outputOption())
    .action(runAttest);
}
