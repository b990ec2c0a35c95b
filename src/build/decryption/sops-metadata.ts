import { type EncryptionRule, encryptionRule } from './encryption-rule.ts';
import { pairsOf, SopsFault, type SopsMap, type SopsValue } from './sops-tree.ts';

/** Master keys of one file, all groups together. Each costs a public-key operation for every key at hand. */
const maxMasterKeys = 256;

/** Kinds of master keys, as the metadata names them. */
export type KeyKind = 'age' | 'pgp' | 'kms' | 'gcp_kms' | 'azure_kv' | 'hc_vault' | 'hckms';

/** A key that can open the data key. */
export interface MasterKey {
  readonly kind: KeyKind;
  /** Recipient, fingerprint, ARN or address: public. */
  readonly name: string;
  /** The data key, encrypted for it. */
  readonly encrypted: string;
}

/** What a file says about its encryption: https://github.com/getsops/sops/blob/v3.13.3/README.rst#important-information-on-types */
export interface SopsMetadata {
  /** One key of each group opens a share of the data key; of a single group, the data key itself. */
  readonly groups: readonly (readonly MasterKey[])[];
  readonly mac: string;
  /** Additional data of the MAC. */
  readonly lastModified: string;
  readonly rule: EncryptionRule;
  readonly macOnlyEncrypted: boolean;
}

function mapOf(value: SopsValue | undefined): SopsMap | undefined {
  return typeof value === 'object' && value !== null && value.kind === 'map' ? value : undefined;
}

function mapsOf(value: SopsValue | undefined): readonly SopsMap[] {
  if (typeof value !== 'object' || value === null || value.kind !== 'list') return [];
  return value.items.map(mapOf).filter((item) => item !== undefined);
}

function fieldOf(map: SopsMap, name: string): SopsValue | undefined {
  return pairsOf(map).find(({ key }) => key === name)?.value;
}

/** The text of a field; stores that know nothing but text write booleans and numbers as such. */
function textOf(map: SopsMap, name: string): string {
  const value = fieldOf(map, name);
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  return value.kind === 'time' ? value.text : '';
}

function joined(map: SopsMap, names: readonly string[]): string {
  return names
    .map((name) => textOf(map, name))
    .filter((part) => part !== '')
    .join('/');
}

const nameFields = {
  age: ['recipient'],
  pgp: ['fp'],
  kms: ['arn'],
  gcp_kms: ['resource_id'],
  azure_kv: ['vault_url', 'name', 'version'],
  hc_vault: ['vault_address', 'engine_path', 'key_name'],
  hckms: ['key_id'],
} as const satisfies Record<KeyKind, readonly string[]>;

const keyKinds = Object.keys(nameFields) as readonly KeyKind[];

function masterKeys(group: SopsMap): readonly MasterKey[] {
  return keyKinds.flatMap((kind) =>
    mapsOf(fieldOf(group, kind)).map((entry) => ({
      kind,
      name: joined(entry, nameFields[kind]),
      encrypted: textOf(entry, 'enc'),
    })),
  );
}

function groupsOf(metadata: SopsMap): SopsMetadata['groups'] {
  const own = masterKeys(metadata);
  const groups = own.length > 0 ? [own] : mapsOf(fieldOf(metadata, 'key_groups')).map(masterKeys);
  const count = groups.reduce((sum, group) => sum + group.length, 0);
  if (count === 0) throw new SopsFault('its metadata names no key');
  if (count > maxMasterKeys) throw new SopsFault(`expected at most ${maxMasterKeys} keys, got ${count}`);
  return groups;
}

/** Whole seconds, and `Z` for no offset, as Go formats RFC 3339. */
function wholeSeconds(time: string): string {
  return time.replace(/[.,]\d+/, '').replace(/[+-]00:00$/, 'Z');
}

/** The metadata that stands behind the key `sops`. @throws SopsFault */
export function readMetadata(value: SopsValue | undefined): SopsMetadata {
  const metadata = mapOf(value);
  if (metadata === undefined) throw new SopsFault('expected a map of metadata behind the key sops');
  const mac = textOf(metadata, 'mac');
  if (mac === '') throw new SopsFault('its metadata holds no MAC');
  return {
    groups: groupsOf(metadata),
    mac,
    lastModified: wholeSeconds(textOf(metadata, 'lastmodified')),
    rule: encryptionRule((name) => textOf(metadata, name)),
    macOnlyEncrypted: /^(true|1|t)$/i.test(textOf(metadata, 'mac_only_encrypted')),
  };
}
