import { SealiftError } from '../../core/index.ts';
import { readYamlDocuments } from '../yaml/full/yaml-documents.ts';
import { readYamlValue } from '../yaml/full/yaml-value.ts';
import { isObject, type JsonObject } from '../yaml/json-value.ts';
import type { KeyMaterial, KeyText } from './key-material.ts';

/** What the real SOPS finds its keys in: files below its home, and variables that name them. */
export interface SopsFiles {
  /** By path below the home. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** `~` stands for the home. */
  readonly environment: Readonly<Record<string, string>>;
}

const armor = /-----BEGIN PGP [A-Z ]+-----\r?\n([\s\S]*?)-----END PGP [A-Z ]+-----/g;

/** Neither the headers of an armored block nor its checksum. */
const armoredLine = /^[A-Za-z0-9+/]+={0,2}$/;

/** The packets of armored keys, as a ring of secret keys: https://www.rfc-editor.org/rfc/rfc9580#section-6.2 */
function secretRing(keys: readonly KeyText[]): Uint8Array {
  const packets = keys.flatMap(({ place, text }) => {
    const blocks = [...text.matchAll(armor)].map(([, body = '']) => body);
    if (blocks.length === 0) {
      throw new SealiftError('CONFIG_INVALID', place, 'expected an armored OpenPGP key, got something else');
    }
    return blocks.map((block) => {
      const lines = block.split('\n').map((line) => line.trim());
      return Buffer.from(lines.filter((line) => armoredLine.test(line)).join(''), 'base64');
    });
  });
  return Buffer.concat(packets);
}

function fieldsOf(text: string, what: string): JsonObject {
  const [document] = [...readYamlDocuments(what, text)];
  const value = document === undefined ? null : readYamlValue(document, 'printed').value;
  if (isObject(value)) return value;
  throw new SealiftError('CONFIG_INVALID', what, 'expected a map of credentials, got something else');
}

/** Credentials in one line of a file or variable. */
function oneLine(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && !/[\r\n\0]/.test(value)) return value;
  throw new SealiftError('CONFIG_INVALID', what, 'expected texts of one line');
}

function defined(
  entries: readonly (readonly [string, string | undefined])[],
): readonly (readonly [string, string])[] {
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

const awsFields = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

function awsFile(text: string): string {
  const what = 'sops.aws-kms';
  const fields = fieldsOf(text, what);
  const lines = defined(awsFields.map((name) => [name, oneLine(fields[name], what)]));
  return ['[default]', ...lines.map(([name, value]) => `${name} = ${value}`), ''].join('\n');
}

/** The second names are those of Azure's command line. */
const azureFields = [
  ['AZURE_TENANT_ID', 'tenantId', 'tenant'],
  ['AZURE_CLIENT_ID', 'clientId', 'appId'],
  ['AZURE_CLIENT_SECRET', 'clientSecret', 'password'],
  ['AZURE_CLIENT_CERTIFICATE_PASSWORD', 'clientCertificatePassword', ''],
  ['AZURE_AUTHORITY_HOST', 'authorityHost', ''],
] as const;

function azure(text: string): SopsFiles {
  const what = 'sops.azure-kv';
  const fields = fieldsOf(text, what);
  const variables = defined(
    azureFields.map(([variable, name, other]) => [variable, oneLine(fields[name] ?? fields[other], what)]),
  );
  const certificate = fields['clientCertificate'];
  if (typeof certificate !== 'string')
    return { files: new Map(), environment: Object.fromEntries(variables) };
  return {
    files: new Map([['azure.pem', certificate]]),
    environment: { ...Object.fromEntries(variables), AZURE_CLIENT_CERTIFICATE_PATH: '~/azure.pem' },
  };
}

function filled(
  text: string | undefined,
  path: string,
  content: (text: string) => string,
  variable: string,
): SopsFiles {
  if (text === undefined) return { files: new Map(), environment: {} };
  return {
    files: new Map([[path, content(text)]]),
    environment: variable === '' ? {} : { [variable]: `~/${path}` },
  };
}

const asIs = (text: string): string => text;

function pgp(keys: readonly KeyText[]): SopsFiles {
  if (keys.length === 0) return { files: new Map(), environment: { GNUPGHOME: '~' } };
  return { files: new Map([['secring.gpg', secretRing(keys)]]), environment: { GNUPGHOME: '~' } };
}

/**
 * Keys as files; a variable holds a secret only where SOPS reads it from nowhere else (Azure's).
 * @throws SealiftError CONFIG_INVALID, never quoting a key.
 */
export function sopsFiles(keys: KeyMaterial): SopsFiles {
  const ages = keys.age.length === 0 ? undefined : keys.age.map(({ text }) => text).join('\n');
  const parts = [
    filled(ages, 'keys.txt', asIs, 'SOPS_AGE_KEY_FILE'),
    pgp(keys.pgp),
    filled(keys.vaultToken, '.vault-token', asIs, ''),
    filled(keys.awsKms, 'aws-credentials', awsFile, 'AWS_SHARED_CREDENTIALS_FILE'),
    filled(keys.gcpKms, 'gcp.json', asIs, 'GOOGLE_APPLICATION_CREDENTIALS'),
    ...(keys.azureKv === undefined ? [] : [azure(keys.azureKv)]),
  ];
  return {
    files: new Map(parts.flatMap(({ files }) => [...files])),
    environment: Object.assign({}, ...parts.map(({ environment }) => environment)),
  };
}
