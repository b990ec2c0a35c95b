import { isMap, isSeq, type ParsedNode } from 'yaml';
import { SealiftError } from '../core/index.ts';
import type { Faults } from './faults.ts';
import { isObject, type JsonObject, type Path } from './json-value.ts';
import { readYamlDocuments, type YamlDocument } from './yaml-documents.ts';
import { readYamlValue } from './yaml-value.ts';

/** A kustomization.yaml, resolved, with the lines of its parts. */
export interface KustomizationFile {
  readonly path: string;
  readonly value: JsonObject;
  /** `path:line` of a part, or of the nearest part around it that the file spells out. */
  place(at: Path): string;
}

/** Fields of kustomize 5.8: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/ */
const knownFields = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'openapi',
  'namePrefix',
  'nameSuffix',
  'namespace',
  'commonLabels',
  'labels',
  'commonAnnotations',
  'patchesStrategicMerge',
  'patchesJson6902',
  'patches',
  'images',
  'imageTags',
  'replacements',
  'replicas',
  'vars',
  'sortOptions',
  'resources',
  'components',
  'crds',
  'bases',
  'configMapGenerator',
  'secretGenerator',
  'generatorOptions',
  'configurations',
  'generators',
  'transformers',
  'validators',
  'buildMetadata',
]);

/** Fields that would run other programs or fetch from elsewhere. */
const refusedFields = new Set(['helmGlobals', 'helmCharts', 'helmChartInflationGenerator']);

function childOf(node: ParsedNode, part: string | number): ParsedNode | undefined {
  const child = isMap(node) || isSeq(node) ? node.get(part, true) : undefined;
  return child === null || child === undefined ? undefined : (child as ParsedNode);
}

function lineOf(document: YamlDocument, at: Path): number {
  let node = document.contents;
  if (node === null) return 1;
  let offset = node.range[0];
  for (const part of at) {
    const child: ParsedNode | undefined = childOf(node, part);
    if (child === undefined) break;
    node = child;
    offset = child.range[0];
  }
  return document.lineAt(offset);
}

function fieldLine(document: YamlDocument, field: string): number {
  const { contents } = document;
  const pair = isMap(contents) ? contents.items.find((item) => item.key.toString() === field) : undefined;
  return pair === undefined ? 1 : document.lineAt(pair.key.range[0]);
}

/** A typo must not empty a build: kustomize-controller drops what it does not know. */
function checkFields(path: string, document: YamlDocument, value: JsonObject, faults: Faults): void {
  for (const field of Object.keys(value)) {
    if (knownFields.has(field)) continue;
    const place = `${path}:${fieldLine(document, field)}`;
    const detail = refusedFields.has(field)
      ? `${field} is not supported: charts are not rendered by kustomize here`
      : `unknown field ${JSON.stringify(field)}`;
    faults.add('KUSTOMIZE_FAILED', place, detail);
  }
}

/**
 * Reads a kustomization file. Unknown and refused fields become faults.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, KUSTOMIZE_FAILED when it is no map.
 */
export function parseKustomization(path: string, text: string, faults: Faults): KustomizationFile {
  const documents = [...readYamlDocuments(path, text)];
  const filled = documents.filter((document) => document.contents !== null);
  const [document] = filled.length === 0 ? documents : filled;
  if (document === undefined) return { path, value: {}, place: () => path };
  if (filled.length > 1) {
    throw new SealiftError('KUSTOMIZE_FAILED', path, `expected one document, got ${filled.length}`);
  }
  // Kustomize reads its own file by the rules of YAML 1.1, unlike the objects.
  const value = readYamlValue(document, 'printed').value ?? {};
  if (!isObject(value)) throw new SealiftError('KUSTOMIZE_FAILED', path, 'expected a map, got other YAML');
  checkFields(path, document, value, faults);
  return { path, value, place: (at) => `${path}:${lineOf(document, at)}` };
}
