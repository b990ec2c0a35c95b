// Rewrites docs/verification-policy.md and the CustomResourceDefinition from the schema in src/api: `npm run docs:policy`. With a folder as
// argument it writes there instead.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { verificationPolicySchema } from '../src/api/index.ts';
import { type JsonSchema, structural } from './structural-schema.ts';

const root = path.join(import.meta.dirname, '..');
const target = process.argv[2] ?? root;
const page = 'docs/verification-policy.md';
const crd = 'deploy/crds/sealift.dev_verificationpolicies.yaml';

/** The table stands between these, and everything around it is written by hand. */
const marks = { start: '<!-- fields: written by npm run docs:policy -->', end: '<!-- end of fields -->' };

const spec = z.toJSONSchema(verificationPolicySchema.shape.spec, {
  io: 'input',
  reused: 'inline',
  target: 'draft-07',
}) as JsonSchema;

interface Field {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix = ''): readonly Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const own = `${prefix}${name}`;
    const isList = schema.type === 'array';
    const inner = isList ? (schema.items ?? {}) : schema;
    const field = { path: own, schema, isRequired: required.includes(name) };
    return [field, ...(isReference(inner) ? [] : fieldsOf(inner, `${own}${isList ? '[]' : ''}.`))];
  });
}

/** `{name: …}` says enough in one row. */
function isReference({ properties = {} }: JsonSchema): boolean {
  return Object.keys(properties).join() === 'name';
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  switch (schema.type) {
    case 'array':
      return `list of ${typeOf(schema.items ?? {})}`;
    case 'integer':
      return `number ${schema['minimum'] ?? ''} to ${schema['maximum'] ?? ''}`;
    case 'object':
      return objectType(schema);
    default:
      return schema['format'] === 'date-time' ? 'time' : 'text';
  }
}

function objectType(schema: JsonSchema): string {
  if (isReference(schema)) return '`{name}`';
  if (typeof schema.additionalProperties === 'object') return 'map of text';
  return schema.properties?.['atLeast'] === undefined ? 'object' : '`{atLeast: NUMBER}`';
}

function defaultOf({ schema, isRequired }: Field): string {
  if (isRequired) return 'required';
  const given = schema.default;
  if (given === undefined || JSON.stringify(given) === '[]' || JSON.stringify(given) === '{}') return '';
  return typeof given === 'object' ? '' : `\`${String(given)}\``;
}

const asCell = (text: string): string => text.replaceAll('|', '\\|');

function table(): string {
  const rows = fieldsOf(spec).map((field) => {
    const { path: name, schema } = field;
    return `| \`${name}\` | ${asCell(typeOf(schema))} | ${defaultOf(field)} | ${asCell(schema.description ?? '')} |`;
  });
  return ['| Field of `spec` | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function definition(): object {
  const names = {
    kind: 'VerificationPolicy',
    listKind: 'VerificationPolicyList',
    plural: 'verificationpolicies',
  };
  const schema = {
    description: 'Who may sign what. Every policy that matches a source has to hold.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(spec),
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'verificationpolicies.sealift.dev' },
    spec: {
      group: 'sealift.dev',
      names: { ...names, singular: 'verificationpolicy' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

async function write(file: string, text: string): Promise<void> {
  const place = path.join(target, file);
  await mkdir(path.dirname(place), { recursive: true });
  await writeFile(place, text);
}

const written = await readFile(path.join(root, page), 'utf8');
const start = written.indexOf(marks.start);
const end = written.indexOf(marks.end);
if (start < 0 || end < start) throw new Error(`${page}: expected ${marks.start} and then ${marks.end}`);
await write(page, `${written.slice(0, start + marks.start.length)}\n\n${table()}\n\n${written.slice(end)}`);
await write(
  crd,
  `# Written by npm run docs:policy from src/api/verification-policy.ts.\n${stringify(definition(), { lineWidth: 140 })}`,
);
console.log(`${page}: ${fieldsOf(spec).length} fields; ${crd}`);
