import * as z from 'zod';
import { labelSelector, pointerSteps } from '../core/index.ts';
import { isPattern, maxTextLength } from './pattern.ts';

/** Rules of a delivery, and pointers of a rule: each is looked up in each object. */
const maxRules = 100;
const maxPaths = 100;

/** Of a pointer, in characters: deeper ones than objects are point nowhere. */
const maxPointerLength = 1024;

/** `stringData` is never read back: its fields are kept in `data`. */
function isReadable(pointer: string): boolean {
  return pointerSteps(pointer)?.[0] !== 'stringData';
}

const pointerSchema = z
  .string()
  .max(maxPointerLength)
  .refine(
    (pointer) => pointerSteps(pointer) !== undefined,
    'expected a JSON pointer such as /spec/replicas (RFC 6901)',
  )
  .refine(
    (pointer) => pointer !== '',
    'expected a field, got the whole object: the annotation kustomize.toolkit.fluxcd.io/ssa: Ignore leaves that alone',
  )
  .refine((pointer) => pointer !== '/metadata', 'expected a field of /metadata, got all of it')
  .refine(isReadable, 'expected a field of /data, where the values of /stringData are kept');

const patternSchema = z
  .string()
  .max(maxTextLength)
  .refine(isPattern, 'expected a regular expression in RE2 syntax');

const labelsSchema = z
  .string()
  .max(maxTextLength)
  .refine((text) => labelSelector(text) !== undefined, 'expected a label selector such as app=web,!canary');

const targetSchema = z.strictObject({
  group: patternSchema.optional(),
  version: patternSchema.optional(),
  kind: patternSchema.optional(),
  name: patternSchema.optional(),
  namespace: patternSchema.optional(),
  labelSelector: labelsSchema.optional(),
  annotationSelector: labelsSchema.optional(),
});

/**
 * Fields of objects that are left to others: neither their loss nor another value is drift, and an apply changes neither. Without a target of all
 * objects; the patterns of a target have to match a whole text, and empty ones match any.
 * https://fluxcd.io/flux/components/kustomize/kustomizations/
 */
export const ignoreRulesSchema = z
  .array(z.strictObject({ paths: z.array(pointerSchema).max(maxPaths), target: targetSchema.optional() }))
  .max(maxRules);

export type IgnoreRule = z.output<typeof ignoreRulesSchema>[number];
