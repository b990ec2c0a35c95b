import type { Credential, CredentialProvider } from '../../credentials.ts';
import { systemClock } from '../clock.ts';
import { askCloudForObject, form, parseObject, requireText } from './ask-cloud.ts';
import type { CloudHttp } from './cloud-http.ts';
import { type CloudOptions, cloudProvider, type ReadToken } from './cloud-provider.ts';

export interface AcrOptions extends CloudOptions {
  readonly tenant: string;
  /** Of the application or managed identity that trusts the workload's token. */
  readonly clientId: string;
  /** Token with audience `api://AzureADTokenExchange`. */
  readonly readToken: ReadToken;
  /** Addresses instead of those of Azure. */
  readonly endpoints?: { readonly login?: URL; readonly exchange?: URL };
}

interface AcrPlace {
  readonly host: string;
  readonly login: string;
}

/** Where each cloud of Azure signs in. */
const logins: Readonly<Record<string, string>> = {
  io: 'https://login.microsoftonline.com/',
  cn: 'https://login.partner.microsoftonline.cn/',
  de: 'https://login.microsoftonline.de/',
  us: 'https://login.microsoftonline.us/',
};

const hostGrammar = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.azurecr\.(io|cn|de|us)$/;
/** Stands for a token where a user name is wanted. */
const tokenUser = '00000000-0000-0000-0000-000000000000';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Azure Container Registry: an identity token, by way of Entra and the registry's own exchange, which limits its rate and is asked seldom. */
export function acrCredentials(options: AcrOptions): CredentialProvider {
  const fetch = async (place: AcrPlace, http: CloudHttp, signal: AbortSignal): Promise<Credential> => {
    const accessToken = await signIn(options, place, { http, signal });
    const exchangeUrl = options.endpoints?.exchange ?? new URL(`https://${place.host}/oauth2/exchange`);
    const request = form(exchangeUrl, {
      grant_type: 'access_token',
      service: place.host,
      tenant: options.tenant,
      access_token: accessToken,
    });
    const token = requireText(
      await askCloudForObject(http, request, signal),
      'refresh_token',
      exchangeUrl.origin,
    );
    return {
      kind: 'identity',
      username: tokenUser,
      token,
      ...expiryOf(token, (options.clock ?? systemClock).now()),
    };
  };
  return cloudProvider({ place: acrPlace, key: ({ host }) => host, fetch }, options);
}

function acrPlace(host: string): AcrPlace | undefined {
  const end = hostGrammar.exec(host)?.[1];
  const login = end === undefined ? undefined : logins[end];
  return login === undefined ? undefined : { host, login };
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function signIn(
  { tenant, clientId, readToken, endpoints }: AcrOptions,
  place: AcrPlace,
  { http, signal }: { readonly http: CloudHttp; readonly signal: AbortSignal },
): Promise<string> {
  const url = new URL(`${encodeURIComponent(tenant)}/oauth2/v2.0/token`, endpoints?.login ?? place.login);
  const request = form(url, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_assertion_type: assertionType,
    client_assertion: await readToken(signal),
    scope: 'https://containerregistry.azure.net/.default',
  });
  return requireText(await askCloudForObject(http, request, signal), 'access_token', url.origin);
}

/** How long the token says it lives, counted from now: our clock need not agree with the registry's. */
function expiryOf(token: string, now: number): { readonly expiresAt?: number } {
  const claims = parseObject(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const { exp, iat } = claims ?? {};
  if (typeof exp !== 'number') return {};
  return { expiresAt: typeof iat === 'number' ? now + (exp - iat) * 1000 : exp * 1000 };
}
