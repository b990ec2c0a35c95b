import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { SealiftError } from '../../core/index.ts';
import type { Faults } from '../objects/faults.ts';
import { readYamlDocuments, type YamlDocument } from '../yaml/full/yaml-documents.ts';
import { isObject, type JsonObject, type Path } from '../yaml/json-value.ts';
import { readYaml } from '../yaml/yaml-readings.ts';
import { fieldFaults } from './kustomization-fields.ts';

/** A kustomization.yaml, resolved, with the lines of its parts. */
export interface KustomizationFile {
  readonly path: string;
  readonly value: JsonObject;
  /** `path:line` of a part, or of the nearest part around it that the file spells out. */
  place(at: Path): string;
}

function childOf(node: ParsedNode, part: string | number): ParsedNode | undefined {
  const child = isMap(node) || isSeq(node) ? node.get(part, true) : undefined;
  return child === null || child === undefined ? undefined : (child as ParsedNode);
}

/** The node of a part, or of the nearest part around it that the file spells out. */
function nodeAt({ contents }: YamlDocument, at: Path): ParsedNode | null {
  let node = contents;
  for (const part of at) {
    const child = node === null ? undefined : childOf(node, part);
    if (child === undefined) break;
    node = child;
  }
  return node;
}

function lineOf(document: YamlDocument, at: Path): number {
  return document.lineAt(nodeAt(document, at)?.range[0] ?? 0);
}

/** The line of a field's name; where an alias or a merge key brings it in, the nearest line that the file spells out. */
function fieldLine(document: YamlDocument, at: Path): number {
  const owner = nodeAt(document, at.slice(0, -1));
  const name = String(at.at(-1));
  const pair = isMap(owner) ? owner.items.find(({ key }) => isScalar(key) && key.source === name) : undefined;
  return pair === undefined ? lineOf(document, at) : document.lineAt((pair.key as ParsedNode).range[0]);
}

/** Places in a file; its nodes are read once somebody asks for one. */
class KustomizationLines {
  readonly #path: string;
  readonly #text: string;
  #document: YamlDocument | undefined;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  ofField(at: Path): string {
    return this.#place((document) => fieldLine(document, at));
  }

  ofPart(at: Path): string {
    return this.#place((document) => lineOf(document, at));
  }

  #place(lineIn: (document: YamlDocument) => number): string {
    this.#document ??= [...readYamlDocuments(this.#path, this.#text)][0];
    return this.#document === undefined ? this.#path : `${this.#path}:${lineIn(this.#document)}`;
  }
}

/**
 * Reads a kustomization file. Unknown and refused fields become faults.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, KUSTOMIZE_FAILED when it is no map.
 */
export function parseKustomization(path: string, text: string, faults: Faults): KustomizationFile {
  // Kustomize reads its own file by the rules of YAML 1.1, unlike the objects.
  const [first, ...others] = [...readYaml(path, text, 'printed')].map((document) => document.read().value);
  if (first === undefined) return { path, value: {}, place: () => path };
  if (others.some((other) => other !== null)) {
    throw new SealiftError('KUSTOMIZE_FAILED', path, `expected one document, got ${others.length + 1}`);
  }
  const value = first ?? {};
  if (!isObject(value)) throw new SealiftError('KUSTOMIZE_FAILED', path, 'expected a map, got other YAML');
  const lines = new KustomizationLines(path, text);
  for (const { at, detail } of fieldFaults(value)) faults.add('KUSTOMIZE_FAILED', lines.ofField(at), detail);
  return { path, value, place: (at) => lines.ofPart(at) };
}
