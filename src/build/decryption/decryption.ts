import { formatJson, formatRef, type KubernetesObject, refOf, SealiftError } from '../../core/index.ts';
import type { BuiltObject } from '../objects/built-object.ts';
import { readYamlDocuments } from '../yaml/full/yaml-documents.ts';
import { readYamlValue } from '../yaml/full/yaml-value.ts';
import { isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { AgeKeys } from './age-keys.ts';
import { DataKeys, nameKeys, withinReach } from './data-keys.ts';
import { decryptTrees } from './decrypt-tree.ts';
import { isDecryptionDisabled } from './decryption-disabled.ts';
import type { KeyMaterial } from './key-material.ts';
import { objectTree, treeObject } from './object-tree.ts';
import { readSopsFiles, type SopsFile, writeTrees } from './sops-file.ts';
import { formatOfContent, formatOfName, type SopsFormat } from './sops-format.ts';
import { readMetadata, type SopsMetadata } from './sops-metadata.ts';
import type { SopsProgram } from './sops-program.ts';
import { pairsOf, SopsFault, type SopsMap, withoutKey } from './sops-tree.ts';
import { decryptValue } from './value-cipher.ts';

/** Bytes of one encrypted file: what kustomize-controller takes. */
export const maxEncryptedBytes = 5 * 1024 * 1024;

/** An encrypted text and the stores it is read and written by. */
export interface EncryptedText {
  readonly place: string;
  readonly text: string;
  readonly input: SopsFormat;
  readonly output: SopsFormat;
}

export interface DecryptionKeys {
  readonly material: KeyMaterial;
  /** Where they come from, for messages. */
  readonly origin: string;
  readonly program: SopsProgram;
}

function failed(place: string, detail: string): SealiftError {
  return new SealiftError('DECRYPTION_FAILED', place, detail);
}

/** Adds the place to the fault of a file. */
async function at<T>(place: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    if (thrown instanceof SopsFault) throw failed(place, thrown.message);
    throw thrown;
  }
}

/** Decrypts for one build. Keys stay in memory, but for what the real SOPS needs while it runs. */
export class Decryption {
  readonly #keys: DecryptionKeys;
  readonly #dataKeys: DataKeys;
  readonly #signal: AbortSignal;
  /** Encrypted MACs of files that were verified whole. */
  readonly #verified = new Set<string>();

  private constructor(keys: DecryptionKeys, dataKeys: DataKeys, signal: AbortSignal) {
    this.#keys = keys;
    this.#dataKeys = dataKeys;
    this.#signal = signal;
  }

  /** @throws SealiftError CONFIG_INVALID for age keys that are none. */
  static async create(keys: DecryptionKeys, signal: AbortSignal): Promise<Decryption> {
    const ages = await AgeKeys.read(keys.material.age);
    return new Decryption(keys, new DataKeys(ages), signal);
  }

  /** A whole file, its MAC verified. @throws SealiftError DECRYPTION_FAILED, DECRYPTION_KEY_MISSING, SOPS_NOT_FOUND. */
  async text(encrypted: EncryptedText): Promise<Uint8Array> {
    const { place, output } = encrypted;
    const files = await this.#read(encrypted);
    if (files.length === 0) throw failed(place, 'holds no metadata of SOPS');
    const trees: SopsMap[] = [];
    for (const file of files) {
      const opened = await this.#open(place, file);
      // What SOPS opens for us it also writes.
      if (opened === undefined) return this.#byProgram(encrypted, file.metadata);
      trees.push(...opened);
    }
    return at(place, () => writeTrees(trees, output));
  }

  /** Verifies the MAC of a file whose objects are decrypted once they are built. @throws SealiftError as `text`. */
  async verify(encrypted: EncryptedText): Promise<void> {
    const { place } = encrypted;
    for (const file of await this.#read(encrypted)) {
      if (file.isDisabled || this.#verified.has(file.metadata.mac)) continue;
      const opened = await this.#open(place, file);
      if (opened === undefined) await this.#byProgram(encrypted, file.metadata);
      this.#verified.add(file.metadata.mac);
    }
  }

  /** A built object with its values in clear, or the same object when nothing in it is encrypted. @throws SealiftError as `text`. */
  async object(built: BuiltObject): Promise<BuiltObject> {
    const { object } = built;
    if (isDecryptionDisabled(object.metadata.annotations)) return built;
    if (isObject(object['sops'] as JsonValue | undefined)) return this.#whole(built);
    return object.apiVersion === 'v1' && object.kind === 'Secret' ? this.#entries(built) : built;
  }

  #read({ place, text, input }: EncryptedText): Promise<readonly SopsFile[]> {
    return at(place, () => {
      if (text.length > maxEncryptedBytes) {
        throw new SopsFault(`expected at most ${maxEncryptedBytes} bytes, got ${text.length}`);
      }
      return readSopsFiles(place, text, input);
    });
  }

  /** `undefined` when it takes the real SOPS. */
  #open(place: string, { trees, metadata }: SopsFile): Promise<readonly SopsMap[] | undefined> {
    return at(place, async () => {
      const key = await this.#dataKeys.open(metadata);
      if (key === undefined) return undefined;
      const opened = decryptTrees(trees, { ...metadata, key });
      const stated = decryptValue(metadata.mac, key, metadata.lastModified);
      if (stated !== opened.mac) {
        throw new SopsFault(
          'its MAC does not match: values were changed, added or removed after it was encrypted',
        );
      }
      return opened.trees;
    });
  }

  async #byProgram(encrypted: EncryptedText, metadata: SopsMetadata, ignoreMac = false): Promise<Uint8Array> {
    const { place } = encrypted;
    const { material, origin, program } = this.#keys;
    const wanted = metadata.groups.flat();
    const reach = withinReach(metadata, material);
    if (reach.length === 0) {
      const detail = `is encrypted for ${nameKeys(wanted)}; ${origin} holds none of these keys`;
      throw new SealiftError('DECRYPTION_KEY_MISSING', place, detail);
    }
    if (!(await program.exists())) {
      const detail = `is encrypted for ${nameKeys(reach)}, which takes the sops program; found none`;
      throw new SealiftError('SOPS_NOT_FOUND', place, detail);
    }
    return program.decrypt({ ...encrypted, ignoreMac, keys: material }, this.#signal);
  }

  async #whole(built: BuiltObject): Promise<BuiltObject> {
    const place = `${formatRef(refOf(built.object))} in ${built.place}`;
    const value = built.object as unknown as JsonObject;
    const tree = objectTree(value);
    const metadata = await at(place, () =>
      readMetadata(pairsOf(tree).find(({ key }) => key === 'sops')?.value),
    );
    if (!this.#verified.has(metadata.mac)) {
      throw failed(place, 'its MAC is that of no encrypted file of the build, so it cannot be verified');
    }
    const key = await at(place, () => this.#dataKeys.open(metadata));
    const clear =
      key === undefined
        ? await this.#wholeByProgram(place, value, metadata)
        : await at(place, () => openObject(tree, metadata, key));
    return { ...built, object: clear as unknown as KubernetesObject, quoted: new Set() };
  }

  async #wholeByProgram(place: string, value: JsonObject, metadata: SopsMetadata): Promise<JsonObject> {
    const request = { place, text: formatJson(value), input: 'json', output: 'json' } as const;
    const text = Buffer.from(await this.#byProgram(request, metadata, true)).toString('utf8');
    const [document] = [...readYamlDocuments(place, text)];
    const clear = document === undefined ? null : readYamlValue(document, 'printed').value;
    if (isObject(clear)) return clear;
    throw failed(place, 'expected an object from the sops program, got something else');
  }

  /** Values of a Secret that are encrypted files themselves. */
  async #entries(built: BuiltObject): Promise<BuiltObject> {
    const { object } = built;
    const data = await this.#map(built, object['data'], 'base64');
    const stringData = await this.#map(built, object['stringData'], 'utf8');
    if (data === undefined && stringData === undefined) return built;
    const changed = { ...(data && { data }), ...(stringData && { stringData }) };
    return { ...built, object: { ...object, ...changed }, quoted: new Set() };
  }

  /** `undefined` when nothing in it is encrypted. */
  async #map(built: BuiltObject, map: unknown, encoding: 'base64' | 'utf8'): Promise<JsonObject | undefined> {
    if (typeof map !== 'object' || map === null) return undefined;
    const opened = new Map<string, string>();
    for (const [key, value] of Object.entries(map)) {
      if (typeof value !== 'string') continue;
      const text = Buffer.from(value, encoding).toString('utf8');
      const input = formatOfContent(text);
      if (input === undefined) continue;
      const place = `${formatRef(refOf(built.object))} ${key} in ${built.place}`;
      const bytes = await this.text({ place, text, input, output: formatOfName(key) });
      opened.set(key, await at(place, () => encode(bytes, encoding)));
    }
    return opened.size === 0 ? undefined : { ...(map as JsonObject), ...Object.fromEntries(opened) };
  }
}

function openObject(tree: SopsMap, metadata: SopsMetadata, key: Uint8Array): JsonObject {
  const encrypted = withoutKey(tree, 'sops');
  const { trees } = decryptTrees([encrypted], { ...metadata, key, byLook: metadata.rule.byComment });
  return treeObject(trees[0] ?? encrypted);
}

/** @throws SopsFault for bytes that the encoding cannot tell. */
function encode(bytes: Uint8Array, encoding: 'base64' | 'utf8'): string {
  if (encoding === 'base64') return Buffer.from(bytes).toString('base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SopsFault('a value is not UTF-8');
  }
}
