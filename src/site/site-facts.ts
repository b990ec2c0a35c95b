import { parse } from 'yaml';
import * as z from 'zod';
import { SealiftError } from '../core/index.ts';
import type { ConfigurationFile } from './configuration-file.ts';

/** Characters of one fact, and labels of a site: what somebody writes by hand. */
const maxFactLength = 253;
const maxLabels = 64;

const factSchema = z
  .string()
  .min(1)
  .max(maxFactLength)
  .regex(/^\P{Cc}*$/u, 'expected no control character');

const factsSchema = z.strictObject({
  name: factSchema.optional(),
  region: factSchema.optional(),
  labels: z.record(z.string().min(1).max(maxFactLength), factSchema).default({}),
});

type Facts = z.output<typeof factsSchema>;

/** What a site knows of itself. */
export interface SiteFacts {
  /** Also the audience that artifacts may be signed for. */
  readonly name?: string;
  /** `SITE_NAME`, `SITE_REGION` and `SITE_LABEL_x` for each label: what of its name is no letter, digit or `_` becomes `_`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where facts come from; what is given wins over the file. */
export interface GivenFacts {
  readonly file?: ConfigurationFile;
  /** `name=…`, `region=…` or `label.x=…` each. */
  readonly facts: readonly string[];
  readonly name?: string;
}

function invalid(place: string, detail: string): SealiftError {
  return new SealiftError('CONFIG_INVALID', place, detail);
}

function checked(place: string, value: unknown): Facts {
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw invalid(place, `${at}${issue?.message ?? 'expected facts of a site'}`);
}

function fromFile({ path, text }: ConfigurationFile): Facts {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new SealiftError('CONFIG_INVALID', path, 'is not YAML', { cause });
  }
  return checked(path, value ?? {});
}

function fromFlags(facts: readonly string[]): Facts {
  const fields: Record<string, string> = {};
  const labels: Record<string, string> = {};
  for (const fact of facts) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(fact) ?? [];
    if (key.startsWith('label.')) labels[key.slice('label.'.length)] = value;
    else if (key === 'name' || key === 'region') fields[key] = value;
    else
      throw new SealiftError('USAGE', '--site-fact', 'expected name=VALUE, region=VALUE or label.KEY=VALUE');
  }
  return checked('--site-fact', { ...fields, labels });
}

function labelVariables(labels: Facts['labels']): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const names = new Map<string, string>();
  for (const [label, value] of Object.entries(labels)) {
    const name = `SITE_LABEL_${label.replaceAll(/\W/g, '_')}`;
    const other = names.get(name);
    if (other !== undefined) throw invalid('site facts', `the labels ${other} and ${label} are both ${name}`);
    names.set(name, label);
    variables.set(name, value);
  }
  return variables;
}

/**
 * The facts of a site, of which every build may make use.
 * @throws SealiftError USAGE, CONFIG_INVALID.
 */
export function readSiteFacts({ file, facts, name: given }: GivenFacts): SiteFacts {
  const written = file === undefined ? checked('site facts', {}) : fromFile(file);
  const flags = fromFlags(facts);
  const labels = { ...written.labels, ...flags.labels };
  const count = Object.keys(labels).length;
  if (count > maxLabels) throw invalid('site facts', `expected at most ${maxLabels} labels, got ${count}`);
  const name = given ?? flags.name ?? written.name;
  const region = flags.region ?? written.region;
  const variables = new Map(labelVariables(labels));
  if (name !== undefined) variables.set('SITE_NAME', name);
  if (region !== undefined) variables.set('SITE_REGION', region);
  return { ...(name === undefined ? {} : { name }), variables: Object.fromEntries(variables) };
}
