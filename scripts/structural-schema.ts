// JSON Schema as an API server takes it: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** What an API server knows of the rest; whatever is missing here is dropped, and the agent checks it. */
const plain = [
  'type',
  'description',
  'default',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'required',
] as const;

/**
 * Unknown fields are kept in objects: an API server that drops a misspelt field makes a policy weaker without a word, an agent that sees it
 * refuses the policy.
 */
const keepUnknown = { 'x-kubernetes-preserve-unknown-fields': true } as const;

export function structural(schema: JsonSchema): JsonSchema {
  const { description, properties, items, additionalProperties, anyOf } = schema;
  if (anyOf !== undefined) {
    const fallback = schema.default === undefined ? {} : { default: schema.default };
    return { ...(description === undefined ? {} : { description }), ...fallback, ...keepUnknown };
  }
  const kept = Object.fromEntries(
    plain.filter((keyword) => schema[keyword] !== undefined).map((keyword) => [keyword, schema[keyword]]),
  );
  return {
    ...kept,
    ...(items === undefined ? {} : { items: structural(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: structural(additionalProperties) }
      : {}),
    ...(properties === undefined ? {} : { properties: mapValues(properties), ...keepUnknown }),
  };
}

function mapValues(properties: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, structural(schema)]));
}
