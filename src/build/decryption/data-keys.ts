import type { AgeKeys } from './age-keys.ts';
import type { KeyMaterial } from './key-material.ts';
import type { KeyKind, MasterKey, SopsMetadata } from './sops-metadata.ts';

/** Characters of a recipient that a message shows: hybrid ones have two thousand. */
const maxNameLength = 80;

/** Keys that a message lists. */
const maxListed = 8;

const kindNames = {
  age: 'age',
  pgp: 'PGP',
  kms: 'AWS KMS',
  gcp_kms: 'GCP KMS',
  azure_kv: 'Azure Key Vault',
  hc_vault: 'Vault',
  hckms: 'Huawei Cloud KMS',
} as const satisfies Record<KeyKind, string>;

/** Master keys as a message names them. */
export function nameKeys(keys: readonly MasterKey[]): string {
  const names = keys.slice(0, maxListed).map(({ kind, name }) => {
    const short = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
    return `${kindNames[kind]} ${short}`;
  });
  const more = keys.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** Opens data keys by age, each of them once in a build. */
export class DataKeys {
  readonly #ages: AgeKeys;
  readonly #opened = new Map<string, Uint8Array>();

  constructor(ages: AgeKeys) {
    this.#ages = ages;
  }

  /** `undefined` when it takes a key that is not age, or one we do not hold. @throws SopsFault */
  async open({ groups }: SopsMetadata): Promise<Uint8Array | undefined> {
    const [group = [], ...others] = groups;
    if (others.length > 0) return undefined;
    for (const { kind, name, encrypted } of group) {
      if (kind !== 'age') continue;
      const key = this.#opened.get(encrypted) ?? (await this.#ages.open(name, encrypted));
      if (key === undefined) continue;
      this.#opened.set(encrypted, key);
      return key;
    }
    return undefined;
  }
}

/** The master keys that the real SOPS might open with what is at hand; clouds may know the machine by itself. */
export function withinReach({ groups }: SopsMetadata, keys: KeyMaterial): readonly MasterKey[] {
  return groups.flat().filter(({ kind }) => {
    if (kind === 'age') return groups.length > 1 && keys.age.length > 0;
    return kind === 'pgp' ? keys.pgp.length > 0 : true;
  });
}
