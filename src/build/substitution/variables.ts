import {
  type DesiredState,
  deliveryText,
  findNamed,
  type Kustomization,
  secretValues,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { Variables } from './evaluate.ts';

type Reference = NonNullable<Kustomization['spec']['postBuild']>['substituteFrom'][number];
type TextMap = Readonly<Record<string, string>>;

const namePattern = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

function valuesOf(reference: Reference, namespace: string, desired: DesiredState): TextMap | undefined {
  if (reference.kind === 'ConfigMap') return findNamed(desired.configMaps, namespace, reference.name)?.data;
  const secret = findNamed(desired.secrets, namespace, reference.name);
  return secret === undefined ? undefined : secretValues(secret);
}

function addAll(variables: Map<string, string>, values: TextMap, subject: string): void {
  for (const [name, value] of Object.entries(values)) {
    if (!namePattern.test(name)) {
      const detail = `expected names of letters, digits and "_" that start with no digit, got "${name}"`;
      throw new SealiftError('SUBSTITUTION_FAILED', subject, detail);
    }
    // A value with line breaks would break the YAML around it; Flux drops them too.
    variables.set(name, value.replaceAll('\n', ''));
  }
}

/**
 * The variables of a delivery: those of the site, `substituteFrom` in order, the later wins, then `substitute`.
 * @throws SealiftError OBJECT_NOT_FOUND, SUBSTITUTION_FAILED; values are never part of it.
 */
export function collectVariables(
  delivery: Kustomization,
  desired: DesiredState,
  site: TextMap = {},
): Variables {
  const { namespace, name } = delivery.metadata;
  const variables = new Map<string, string>(Object.entries(site));
  for (const reference of delivery.spec.postBuild?.substituteFrom ?? []) {
    const subject = `${reference.kind}/${namespace}/${reference.name}`;
    const values = valuesOf(reference, namespace, desired);
    if (values !== undefined) addAll(variables, values, subject);
    else if (!reference.optional) {
      const detail = `not found in the configuration, but ${deliveryText({ namespace, name })} substitutes from it`;
      throw new SealiftError('OBJECT_NOT_FOUND', subject, detail);
    }
  }
  addAll(variables, delivery.spec.postBuild?.substitute ?? {}, deliveryText({ namespace, name }));
  return variables;
}
