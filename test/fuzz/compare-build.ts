import { BuildSite } from '../fixtures/build-site.ts';
import { askOracle, type OracleAnswer } from './build-oracle.ts';
import { canonicalOf, canonicalOfText } from './canonical-json.ts';
import { knownDifference } from './known-differences.ts';

export interface Comparison {
  readonly seed: number;
  readonly text: string;
  readonly ours: string;
  readonly theirs: string;
  /** `different` is a defect; `listed` is in known-differences.ts. */
  readonly verdict: 'equal' | 'refused by both' | 'listed' | 'different';
  readonly reason?: string;
}

const kustomization = 'resources: [a.yaml]\n';

function theirsOf({ objects, error }: OracleAnswer): string {
  if (error !== undefined) return `refused: ${error}`;
  return (objects ?? []).map(canonicalOfText).sort().join('\n');
}

async function oursOf(site: BuildSite, text: string): Promise<string> {
  try {
    const { objects } = await site.build({ 'a.yaml': text });
    return objects.map(canonicalOf).sort().join('\n');
  } catch (thrown) {
    return `refused: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

const refused = (outcome: string): boolean => outcome.startsWith('refused: ');

function judge(seed: number, text: string, ours: string, theirs: string): Comparison {
  const compared = { seed, text, ours, theirs };
  if (ours === theirs) return { ...compared, verdict: 'equal' };
  if (refused(ours) && refused(theirs)) return { ...compared, verdict: 'refused by both' };
  const reason = knownDifference(text, ours, theirs);
  return reason === undefined
    ? { ...compared, verdict: 'different' }
    : { ...compared, verdict: 'listed', reason };
}

/** Builds each text as a plain tree, in process and by the code of kustomize, and compares. */
export async function compareBuilds(
  texts: readonly (readonly [number, string])[],
): Promise<readonly Comparison[]> {
  const answers = askOracle(
    texts.map(([, text]) => ({ files: { 'kustomization.yaml': kustomization, 'a.yaml': text } })),
  );
  const site = new BuildSite();
  try {
    const compared: Comparison[] = [];
    for (const [index, [seed, text]] of texts.entries()) {
      const theirs = theirsOf(answers[index] ?? {});
      compared.push(judge(seed, text, await oursOf(site, text), theirs));
    }
    return compared;
  } finally {
    site.close();
  }
}
