import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fields } from '../golden/recording.ts';

/** What is asked of https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#jsonschemaprops-v1-apiextensions-k8s-io here. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** All fields that a schema knows, as in `spec.images[].name`; what may have any name in it is one. */
export function knownFields({ properties, items }: Schema, path: string): readonly string[] {
  if (items !== undefined) return knownFields(items, `${path}[]`);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([name, inner]) => knownFields(inner, `${path}.${name}`));
}

/** Every field that is set in a value, and those that it is in. */
export function setFields(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => setFields(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value as Fields).flatMap(([name, one]) => setFields(one, `${path}.${name}`));
  return [path, ...inner];
}

/** Fields that the page says are not compared. */
export function fieldsNotCompared(): readonly string[] {
  const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'field-differences.md');
  const [, part = ''] = readFileSync(page, 'utf8').split('## Not compared');
  return [...part.matchAll(/`(spec\.[^`]+)`/g)].map(([, field = '']) => field);
}
