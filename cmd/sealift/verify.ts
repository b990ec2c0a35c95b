import { type Command, Option } from 'commander';
import { formatReference } from 'oci-client-ts';
import * as z from 'zod';
import { SealiftError } from '../../src/core/index.ts';
import { createFreshnessStage, type Explanation, explainVerdict } from '../../src/verify/index.ts';
import { formatFailure } from './failure.ts';
import { formatVerification } from './format-verification.ts';
import { parseGivenReference } from './given-reference.ts';
import { type OpenArtifact, openArtifact } from './open-artifact.ts';
import { openTrustedRoots } from './open-trusted-roots.ts';
import { stateDirectoryOption } from './options.ts';
import { stopSignal } from './stop-signal.ts';
import { type VerificationDocument, verificationDocument } from './verification-document.ts';
import { type Demand, type DemandOptions, readDemand } from './verify-demand.ts';

/** How `sealift verify` was asked. */
export interface VerifyOptions extends DemandOptions {
  readonly source?: string;
  readonly siteName?: string;
  readonly stateDir: string;
  readonly insecure: boolean;
  readonly output: 'text' | 'json';
}

/** Verification or a policy refused it. */
const refusedExitCode = 3;

type Judged = Pick<Demand, 'source' | 'desired'> & {
  readonly artifact: OpenArtifact;
  readonly site: string | undefined;
};

/** What was signed well may be too old, or meant for others: judged without the memory of a site, so no floor is known. */
function judgeFreshness({ source, desired, artifact, site }: Judged, explanation: Explanation): Explanation {
  const { verdict } = explanation;
  if (verdict.kind === 'refused') return explanation;
  const now = Date.now();
  const resolved = resolvedRevision(artifact);
  const fresh = createFreshnessStage(site).judge({
    source,
    desired,
    resolved,
    verdict,
    floors: { of: () => [] },
    now,
  });
  if (fresh.kind === 'fresh') return explanation;
  const { code, detail } = fresh;
  const refusal = { code, subject: verdict.digest, detail };
  return {
    ...explanation,
    verdict: { kind: 'refused', digest: verdict.digest, code, detail, refusals: [refusal] },
  };
}

function resolvedRevision({ manifest, content, tag }: OpenArtifact) {
  return { revision: tag === undefined ? manifest.digest : `${tag}@${manifest.digest}`, manifest, content };
}

/** Judges what a reference names now, as an agent would, and tells how it came to that. */
export async function verify(
  reference: string,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<VerificationDocument> {
  // Before any registry is asked: a key file that is missing is no matter of the network.
  const { tag: _tag, digest: _digest, ...repository } = parseGivenReference(reference);
  const { source, desired } = await readDemand(formatReference(repository), options, options.source);
  const artifact = await openArtifact(reference, options.insecure, signal);
  try {
    const explanation = await explainVerdict(
      { openRepository: () => artifact.store, roots: openTrustedRoots(options.stateDir) },
      { source, desired, resolved: resolvedRevision(artifact) },
      signal,
    );
    const judged = judgeFreshness({ source, desired, artifact, site: options.siteName }, explanation);
    return verificationDocument(artifact.reference, judged);
  } finally {
    await artifact.close();
  }
}

function tell(document: VerificationDocument, output: VerifyOptions['output']): void {
  const text = output === 'json' ? `${JSON.stringify(document, null, 2)}\n` : formatVerification(document);
  process.stdout.write(text);
  const [first] = document.refusals;
  if (document.verdict !== 'refused' || first === undefined) return;
  process.exitCode = refusedExitCode;
  if (output === 'json') return;
  process.stderr.write(
    formatFailure(new SealiftError(first.code, document.reference, document.detail ?? '')),
  );
}

async function runVerify(reference: string, options: VerifyOptions): Promise<void> {
  // Each schema is used once or twice here: compiling it takes longer than it saves.
  z.config({ jitless: true });
  tell(await verify(reference, options, stopSignal()), options.output);
}

const collect = (text: string, known: readonly string[]): readonly string[] => [...known, text];

/** Adds the options that say what is asked of an artifact. */
export function addDemandOptions(command: Command): Command {
  return command
    .option(
      '--policy <path>',
      'file or directory with VerificationPolicies, and Secrets that they name; may be repeated',
      collect,
      [],
    )
    .option('--source <namespace/name>', 'with --policy: judge as this OCIRepository beside the policies')
    .option('--site-name <name>', 'with --policy: judge as the site of this name, as `sealift run` has it')
    .option('--key <file>', 'ask for a signature by a public key of this file')
    .option('--certificate-identity <identity>', 'ask for a signature by this identity, exactly')
    .option('--certificate-identity-regexp <pattern>', 'ask for an identity that this matches as a whole')
    .option('--certificate-oidc-issuer <url>', 'who vouched for the identity, exactly')
    .option('--certificate-oidc-issuer-regexp <pattern>', 'an issuer that this matches as a whole')
    .option(
      '--trusted-root <file>',
      "trusted_root.json of the Sigstore instance (default: the public-good instance's)",
    )
    .addOption(stateDirectoryOption());
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const command = program
    .command('verify')
    .description(
      'judge an artifact as an agent would, and explain the verdict; ends with 3 when it is refused',
    )
    .argument(
      '<reference>',
      'oci://HOST/REPOSITORY, oci-layout:DIRECTORY (oci: for short) or oci-archive:FILE, with :TAG or @DIGEST',
    );
  addDemandOptions(command)
    .option('--offline', 'reach nothing but the registry; it is never otherwise')
    .option('--insecure', 'speak plain HTTP to a registry that is not on loopback', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(runVerify);
}
