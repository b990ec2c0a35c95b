import { formatRef, type SealiftEvent, type Subject } from '../../../src/core/index.ts';
import { type Difference, differences } from './differences.ts';
import type { RecordedPost } from './recording.ts';
import { translated } from './state-differences.ts';

const changed = /^(\S+) (created|configured|deleted|skipped)$/;

/** What Flux says the same way each time. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [/^Health check passed in /, 'health passed'],
  [/^Health checks canceled /, 'health cancelled'],
  [/^Dependencies do not meet ready condition/, 'waits for dependencies'],
];

function postedFacts({ severity, reason, message, metadata = {} }: RecordedPost): readonly string[] {
  const revision = Object.entries(metadata).find(([name]) => name.endsWith('.io/revision'))?.[1] ?? '';
  const lines = message.split('\n').map((line) => changed.exec(line));
  const objects = lines.flatMap((found) => (found === null ? [] : [`${found[2]} ${found[1]}`]));
  if (severity === 'error') return ['failed', ...objects];
  if (reason === 'NewArtifact') return [`stored ${revision}`];
  if (reason === 'Succeeded') return [`recovered ${revision}`];
  if (message.startsWith('Reconciliation finished in ')) return [`applied ${revision}`];
  const said = sayings.find(([saying]) => saying.test(message))?.[1];
  if (said !== undefined) return [said];
  return objects.length > 0 ? objects : [message];
}

const actions = {
  created: 'created',
  configured: 'configured',
  repaired: 'configured',
  deleted: 'deleted',
  kept: 'skipped',
} as const;

/** The fact in an event, where it is one of those that Flux tells; it tells of fewer. */
function factOf(event: SealiftEvent): string | undefined {
  switch (event.kind) {
    case 'artifact-stored':
      return `stored ${event.revision}`;
    case 'source-recovered':
      return `recovered ${event.revision}`;
    case 'object-changed':
      return `${actions[event.action]} ${formatRef(event.object)}`;
    case 'delivery-applied':
      return `applied ${event.revision}`;
    case 'health-passed':
      return 'health passed';
    case 'health-cancelled':
      return 'health cancelled';
    case 'health-lost':
      return 'failed';
    case 'failed':
      return event.code === 'DEPENDENCY_NOT_READY' ? 'waits for dependencies' : 'failed';
    default:
      return undefined;
  }
}

type Facts = Record<string, Record<string, true>>;

function gathered(told: readonly (readonly [Subject, readonly string[]])[]): Facts {
  const all: Facts = {};
  for (const [{ kind, name }, facts] of told) {
    const subject = `${kind}/${name}`;
    all[subject] = { ...all[subject], ...Object.fromEntries(facts.map((fact) => [fact, true as const])) };
  }
  return all;
}

/** What the real controllers told of each object, and what was told here; how often does not count. */
export function factDifferences(
  posts: readonly RecordedPost[],
  events: readonly SealiftEvent[],
  aliases: ReadonlyMap<string, string>,
): readonly Difference[] {
  const there = gathered(posts.map((post) => [post.involvedObject, postedFacts(post)]));
  const here = gathered(
    events.flatMap((event) => {
      const fact = factOf(event);
      return fact === undefined || event.subject.kind === 'Site' ? [] : [[event.subject, [fact]] as const];
    }),
  );
  const subjects = new Set([...Object.keys(there), ...Object.keys(here)]);
  return [...subjects].flatMap((subject) =>
    differences(
      subject,
      { events: there[subject] ?? {} },
      { events: translated(here[subject] ?? {}, aliases) },
    ),
  );
}
