import { type Command, InvalidArgumentError } from 'commander';
import { SealiftError } from '../../src/core/index.ts';
import {
  type BundleSigner,
  keySigner,
  publicGoodServices,
  readSigningConfig,
  type SigningServices,
  serviceUrl,
  sigstoreSigner,
} from '../../src/verify/index.ts';
import { findIdentityToken } from './identity-token.ts';
import { readGivenFile } from './read-given-file.ts';
import { readPrivateKey } from './read-private-key.ts';

/** What the options say about who signs, and whom they ask. */
export interface SigningOptions {
  readonly keyless: boolean;
  readonly identityToken?: string;
  readonly oidcIssuer?: string;
  readonly oidcClientId: string;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly timestampServerUrl: readonly string[];
  readonly signingConfig?: string;
}

function url(text: string): string {
  try {
    return serviceUrl(text);
  } catch (thrown) {
    throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : 'expected a URL');
  }
}

/** Adds cosign's options of keyless signing and of Sigstore's services; the option of the key is the command's own. */
export function addSigningOptions(command: Command): Command {
  return command
    .option(
      '--keyless',
      'sign as the identity of this CI job, with a short-lived certificate instead of a key',
      false,
    )
    .option(
      '--identity-token <token>',
      'OIDC token, or a file that holds it (default: SIGSTORE_ID_TOKEN, else what GitHub Actions or Buildkite give)',
    )
    .option('--oidc-issuer <url>', 'refuse a token of any other issuer')
    .option('--oidc-client-id <id>', 'audience to ask the CI system for a token for', 'sigstore')
    .option('--fulcio-url <url>', `certificate authority (default: ${publicGoodServices.fulcio})`, url)
    .option(
      '--rekor-url <url>',
      `transparency log to enter the signature in (default with --keyless: ${publicGoodServices.logs[0].url})`,
      url,
    )
    .option(
      '--timestamp-server-url <url>',
      'timestamp authority, asked in the JSON of Sigstore; may be repeated',
      (text: string, known: readonly string[]) => [...known, url(text)],
      [],
    )
    .option('--signing-config <file>', 'take the services from a file of `cosign signing-config create`');
}

const maxConfigBytes = 256 * 1024;

async function services(options: SigningOptions): Promise<SigningServices> {
  const { signingConfig, fulcioUrl, rekorUrl, timestampServerUrl, keyless } = options;
  if (signingConfig !== undefined) {
    if (fulcioUrl !== undefined || rekorUrl !== undefined || timestampServerUrl.length > 0) {
      throw new SealiftError(
        'USAGE',
        '--signing-config',
        'expected it alone, got URLs of services beside it',
      );
    }
    return readSigningConfig(
      await readGivenFile(signingConfig, maxConfigBytes, 'CONFIG_INVALID'),
      Date.now(),
    );
  }
  const known = keyless ? publicGoodServices : { logs: [] };
  return {
    ...known,
    timestamps: timestampServerUrl,
    ...(fulcioUrl === undefined ? {} : { fulcio: fulcioUrl }),
    ...(rekorUrl === undefined ? {} : { logs: [{ url: rekorUrl, version: 1 }] }),
  };
}

async function openKeyless(options: SigningOptions, asked: SigningServices): Promise<BundleSigner> {
  const { identityToken, oidcIssuer, oidcClientId } = options;
  const identity = await findIdentityToken({
    audience: oidcClientId,
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(oidcIssuer === undefined ? {} : { issuer: oidcIssuer }),
  });
  return sigstoreSigner({ kind: 'keyless', identity }, asked);
}

/**
 * Who signs, by the options; undefined when neither a key nor --keyless is given.
 * @throws SealiftError USAGE, KEY_INVALID, KEY_PASSWORD_WRONG, CONFIG_INVALID, IDENTITY_TOKEN_INVALID.
 */
export async function openSigner(
  options: SigningOptions,
  keyFile: string | undefined,
): Promise<BundleSigner | undefined> {
  if (options.keyless) {
    if (keyFile === undefined) return openKeyless(options, await services(options));
    throw new SealiftError('USAGE', '--keyless', 'expected either --keyless or a key, got both');
  }
  if (options.identityToken !== undefined || options.fulcioUrl !== undefined) {
    throw new SealiftError('USAGE', 'sealift', 'expected --keyless beside --identity-token and --fulcio-url');
  }
  if (keyFile === undefined) return undefined;
  const asked = await services(options);
  const privateKey = await readPrivateKey(keyFile);
  const asksNobody = asked.logs.length === 0 && asked.timestamps.length === 0;
  return asksNobody ? keySigner(privateKey) : sigstoreSigner({ kind: 'key', privateKey }, asked);
}

/** As `openSigner`, for a command that has nothing else to do than sign. */
export async function requireSigner(
  options: SigningOptions,
  keyFile: string | undefined,
): Promise<BundleSigner> {
  const signer = await openSigner(options, keyFile);
  if (signer === undefined)
    throw new SealiftError('USAGE', 'sealift', 'expected --key FILE or --keyless, got neither');
  return signer;
}
