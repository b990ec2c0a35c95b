import { isList, isObject, type JsonValue, type Path } from '../yaml/json-value.ts';

/** What may stand at a place: `any` is a scalar, or a map whose keys are free. */
type Shape = 'any' | { readonly list: Shape } | { readonly fields: Readonly<Record<string, Shape>> };

const any = 'any';

function fieldsOf(...names: string[]): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.map((name) => [name, any]));
}

function listOf(fields: Readonly<Record<string, Shape>>): Shape {
  return { list: { fields } };
}

const texts: Shape = { list: any };
const kindFields = fieldsOf('group', 'version', 'kind');
const idFields = { ...kindFields, ...fieldsOf('name', 'namespace') };
const selector: Shape = { fields: { ...idFields, ...fieldsOf('annotationSelector', 'labelSelector') } };
const patches = listOf({
  ...fieldsOf('path', 'patch'),
  target: selector,
  options: { fields: fieldsOf('allowNameChange', 'allowKindChange') },
});
const images = listOf(fieldsOf('name', 'newName', 'tagSuffix', 'newTag', 'digest'));
const generatorOptions: Shape = {
  fields: fieldsOf('labels', 'annotations', 'disableNameSuffixHash', 'immutable'),
};
const generator = {
  ...fieldsOf('namespace', 'name', 'behavior', 'env'),
  literals: texts,
  files: texts,
  envs: texts,
  options: generatorOptions,
};
const fieldOptions: Shape = { fields: fieldsOf('delimiter', 'index', 'encoding', 'create') };
const replacements = listOf({
  ...fieldsOf('path', 'sourceValue'),
  source: { fields: { ...idFields, fieldPath: any, options: fieldOptions } },
  targets: listOf({ select: selector, reject: { list: selector }, fieldPaths: texts, options: fieldOptions }),
});
const labels = listOf({
  ...fieldsOf('pairs', 'includeSelectors', 'includeTemplates'),
  fields: listOf({ ...kindFields, ...fieldsOf('path', 'create') }),
});

/**
 * Fields of kustomize 5.8, by the names that it writes:
 * https://github.com/kubernetes-sigs/kustomize/tree/kustomize/v5.8.1/api/types
 */
const kustomization: Shape = {
  fields: {
    ...fieldsOf('apiVersion', 'kind', 'openapi', 'namePrefix', 'nameSuffix', 'namespace'),
    ...fieldsOf('commonLabels', 'commonAnnotations'),
    metadata: { fields: fieldsOf('name', 'namespace', 'labels', 'annotations') },
    labels,
    patchesStrategicMerge: texts,
    patchesJson6902: patches,
    patches,
    images,
    imageTags: images,
    replacements,
    replicas: listOf(fieldsOf('name', 'count')),
    vars: listOf({
      name: any,
      objref: { fields: { ...idFields, apiVersion: any } },
      fieldref: { fields: fieldsOf('fieldPath') },
    }),
    sortOptions: {
      fields: { order: any, legacySortOptions: { fields: fieldsOf('orderFirst', 'orderLast') } },
    },
    resources: texts,
    components: texts,
    crds: texts,
    bases: texts,
    configMapGenerator: listOf(generator),
    secretGenerator: listOf({ ...generator, type: any }),
    generatorOptions,
    configurations: texts,
    generators: texts,
    transformers: texts,
    validators: texts,
    buildMetadata: texts,
  },
};

/** Fields that would run other programs or fetch from elsewhere. */
const chartFields = new Set(['helmGlobals', 'helmCharts', 'helmChartInflationGenerator']);

export interface FieldFault {
  /** Of the field that is wrong. */
  readonly at: Path;
  readonly detail: string;
}

function namesOf(at: Path): string {
  return at.filter((part) => typeof part === 'string').join('.');
}

function unknownField(at: Path): FieldFault {
  const name = String(at.at(-1));
  if (at.length === 1 && chartFields.has(name)) {
    return { at, detail: `${name} is not supported: charts are not rendered by kustomize here` };
  }
  const owner = namesOf(at.slice(0, -1));
  return { at, detail: `unknown field ${JSON.stringify(name)}${owner === '' ? '' : ` in ${owner}`}` };
}

function faultsAt(value: JsonValue, shape: Shape, at: Path): readonly FieldFault[] {
  if (shape === 'any' || value === null) return [];
  if ('list' in shape) {
    if (!isList(value)) return [{ at, detail: `${namesOf(at)}: expected a list` }];
    return value.flatMap((item, index) => faultsAt(item, shape.list, [...at, index]));
  }
  if (!isObject(value)) return [{ at, detail: `${namesOf(at)}: expected a map` }];
  return Object.entries(value).flatMap(([name, item]) => {
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    return known === undefined ? [unknownField([...at, name])] : faultsAt(item, known, [...at, name]);
  });
}

/** A typo must not change a build without a word: kustomize-controller drops what it does not know. */
export function fieldFaults(value: JsonValue): readonly FieldFault[] {
  return faultsAt(value, kustomization, []);
}
