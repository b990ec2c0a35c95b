import { type DesiredState, findNamed, type Kustomization, secretValues } from '../../api/index.ts';
import type { BuiltObject } from '../objects/built-object.ts';
import { readYamlDocuments } from '../yaml/full/yaml-documents.ts';
import { readYamlValue } from '../yaml/full/yaml-value.ts';
import { isList, isObject, type JsonValue, leavesOf } from '../yaml/json-value.ts';

/** Shorter text stands in any message by chance. */
export const minSecretLength = 4;

function* leafTexts(value: JsonValue): Generator<string> {
  if (isList(value)) for (const item of value) yield* leafTexts(item);
  else if (isObject(value)) for (const item of Object.values(value)) yield* leafTexts(item);
  else if (value !== null) yield String(value);
}

/** The values of a file that was encrypted, by whatever form it has. */
export function valuesOfFile(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.slice(line.indexOf('=') + 1).trim());
  try {
    const documents = [...readYamlDocuments('', text)];
    return [
      ...lines,
      ...documents.flatMap((document) => [...leafTexts(readYamlValue(document, 'printed').value)]),
    ];
  } catch {
    return lines;
  }
}

function decryptedTexts({ object, decrypted }: BuiltObject): readonly string[] {
  if (decrypted === undefined) return [];
  const leaves = [...leavesOf(object as unknown as JsonValue)];
  return leaves.filter(([place]) => decrypted.has(place)).map(([, value]) => String(value));
}

function substitutedTexts({ metadata, spec }: Kustomization, { secrets }: DesiredState): readonly string[] {
  const names = (spec.postBuild?.substituteFrom ?? []).filter(({ kind }) => kind === 'Secret');
  const found = names.map(({ name }) => findNamed(secrets, metadata.namespace, name));
  return found.flatMap((secret) => (secret === undefined ? [] : Object.values(secretValues(secret))));
}

interface SecretBuild {
  readonly objects: readonly BuiltObject[];
  /** What stood in encrypted files that kustomize was given in clear. */
  readonly clearTexts: readonly string[];
}

/** What no message, event or plan may repeat of a build: what was encrypted, and what came out of Secrets. The longer first: a short one may be a part of it. */
export function secretTexts(
  { objects, clearTexts }: SecretBuild,
  delivery: Kustomization,
  desired: DesiredState,
): readonly string[] {
  const texts = [
    ...clearTexts.flatMap(valuesOfFile),
    ...objects.flatMap(decryptedTexts),
    ...substitutedTexts(delivery, desired),
  ];
  const long = texts.map((text) => text.trim()).filter((text) => text.length >= minSecretLength);
  return [...new Set(long)].sort((a, b) => b.length - a.length);
}
