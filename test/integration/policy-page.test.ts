import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './house/link-packages.ts';

const files = ['docs/verification-policy.md', 'deploy/crds/sealift.dev_verificationpolicies.yaml'] as const;

describe('what is written of VerificationPolicy', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sealift-policy-'));
    await promisify(execFile)(process.execPath, [path.join(root, 'scripts/policy-page.ts'), folder]);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(files)('%s is what the schema says', async (file) => {
    const [written, generated] = await Promise.all(
      [root, folder].map((place) => readFile(path.join(place, file), 'utf8')),
    );
    expect(written, 'run `npm run docs:policy`').toBe(generated);
  });

  it('says of every field what it means', async () => {
    const page = await readFile(path.join(folder, files[0]), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => /\|\s*\|\s*$/.test(row))).toEqual([]);
  });

  it('is a structural schema: each node has a type or keeps what it does not know, and none has both kinds of properties', async () => {
    const definition = parse(await readFile(path.join(folder, files[1]), 'utf8'));
    const schema = definition.spec.versions[0].schema.openAPIV3Schema;
    expect(faultsOf(schema, 'schema')).toEqual([]);
    expect(schema.properties.spec.properties.authorities.items.properties.key.properties.data.type).toBe(
      'string',
    );
  });
});

interface Node {
  readonly [keyword: string]: unknown;
}

const keepsUnknown = 'x-kubernetes-preserve-unknown-fields';
const forbidden = [
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'const',
  'propertyNames',
  'exclusiveMinimum',
  'definitions',
];

/** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
function faultsOf(node: Node, place: string): readonly string[] {
  const { type, properties, additionalProperties, items } = node;
  const inner: [string, Node][] = [
    ...Object.entries((properties ?? {}) as Record<string, Node>),
    ...(typeof additionalProperties === 'object' ? [['*', additionalProperties] as [string, Node]] : []),
    ...(items === undefined ? [] : [['[]', items] as [string, Node]]),
  ];
  return [
    ...(type === undefined && node[keepsUnknown] !== true ? [`${place}: no type`] : []),
    ...(properties !== undefined && additionalProperties !== undefined ? [`${place}: both properties`] : []),
    ...(type === 'array' && items === undefined ? [`${place}: no items`] : []),
    ...forbidden.filter((keyword) => keyword in node).map((keyword) => `${place}: ${keyword}`),
    ...inner.flatMap(([name, child]) => faultsOf(child, `${place}.${name}`)),
  ];
}
