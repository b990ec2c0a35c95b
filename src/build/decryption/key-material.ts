import { type DesiredState, secretValues } from '../../api/index.ts';

type Secret = DesiredState['secrets'][number];

/** A text with keys: age identities, one in each line, or an armored OpenPGP key. */
export interface KeyText {
  /** Where it comes from, for messages. */
  readonly place: string;
  readonly text: string;
}

/** What a delivery may decrypt with, as its Secret holds it. https://fluxcd.io/flux/components/kustomize/kustomizations/#decryption */
export interface KeyMaterial {
  readonly age: readonly KeyText[];
  /** OpenPGP keys, armored. */
  readonly pgp: readonly KeyText[];
  readonly vaultToken: string | undefined;
  /** YAML: `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`. */
  readonly awsKms: string | undefined;
  /** YAML: `tenantId`, `clientId`, `clientSecret` or `clientCertificate`. */
  readonly azureKv: string | undefined;
  /** JSON: credentials of a service account. */
  readonly gcpKms: string | undefined;
}

export const noKeys: KeyMaterial = {
  age: [],
  pgp: [],
  vaultToken: undefined,
  awsKms: undefined,
  azureKv: undefined,
  gcpKms: undefined,
};

/** The keys of a Secret; entries of other names are left alone, as in Flux. */
export function readKeyMaterial(secret: Secret): KeyMaterial {
  const values = secretValues(secret);
  const subject = `Secret/${secret.metadata.namespace}/${secret.metadata.name}`;
  const endingIn = (suffix: string): readonly KeyText[] =>
    Object.entries(values)
      .filter(([key]) => key.endsWith(suffix))
      .map(([key, text]) => ({ place: `${subject} ${key}`, text }));
  return {
    age: endingIn('.agekey'),
    pgp: endingIn('.asc'),
    vaultToken: values['sops.vault-token']?.trim(),
    awsKms: values['sops.aws-kms'],
    azureKv: values['sops.azure-kv'],
    gcpKms: values['sops.gcp-kms'],
  };
}
