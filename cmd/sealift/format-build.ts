import type { TracedBuild } from '../../src/build/index.ts';
import { printable } from '../../src/observe/index.ts';
import { objectText } from '../../src/target/index.ts';

type Traced = TracedBuild['objects'][number];

/** How `sealift build` prints. */
export interface BuildFormat {
  readonly output: 'yaml' | 'json';
  readonly explain: boolean;
}

/** https://github.com/tc39/proposal-json-parse-with-source, in every supported Node but not yet in the type library. */
const rawJson = JSON as unknown as { rawJSON(text: string): unknown };

/** Integers beyond 2^53 are written digit by digit. */
function json(value: unknown): string {
  const exact = (_: string, item: unknown): unknown =>
    typeof item === 'bigint' ? rawJson.rawJSON(String(item)) : item;
  return `${JSON.stringify(value, exact, 2)}\n`;
}

interface Way {
  readonly from: string;
  /** Transformers of kustomizations that it went through, whether they changed it or not. */
  readonly through: readonly string[];
  /** The patches that were applied to it. */
  readonly patches: readonly string[];
  /** Steps after kustomize that changed it. */
  readonly changedBy: readonly string[];
}

function wayOf({ place, origin, changedBy = [] }: Traced): Way {
  const { through = [], patches = [] } = origin ?? {};
  return { from: origin?.place ?? place, through, patches, changedBy };
}

function comments(traced: Traced): string {
  const { from, through, patches, changedBy } = wayOf(traced);
  const lines = [
    `from ${from}`,
    ...through.map((step) => `through ${step}`),
    ...patches.map((patch) => `patched by ${patch}`),
    ...changedBy.map((step) => `changed by ${step}`),
  ];
  return lines.map((line) => `# ${printable(line)}\n`).join('');
}

/** The objects in apply order: YAML documents, or one `List`; explained, with the way of each. */
export function formatBuild({ objects }: TracedBuild, { output, explain }: BuildFormat): string {
  if (output === 'yaml') {
    const texts = objects.map((one) => `${explain ? comments(one) : ''}${objectText(one.object)}`);
    return texts.join('---\n');
  }
  if (explain) return json(objects.map((one) => ({ ...wayOf(one), object: one.object })));
  return json({ apiVersion: 'v1', kind: 'List', items: objects.map(({ object }) => object) });
}
