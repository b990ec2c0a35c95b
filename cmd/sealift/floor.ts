import type { Command } from 'commander';
import { describeMark, type Floor, type SourceRecord } from '../../src/api/index.ts';
import { firstTimeBound, rfc3339, SealiftError, type Subject, siteSubject } from '../../src/core/index.ts';
import { openFloors, readStateStore } from '../../src/site/index.ts';
import { floorRepository, movedFloor } from '../../src/verify/index.ts';
import { outputOption, stateDirectoryOption } from './options.ts';
import { formatTable, formatValue, type OutputFormat } from './output.ts';
import { systemClock } from './system-clock.ts';

interface Place {
  readonly stateDir: string;
}

const heading = ['SOURCES', 'REPOSITORY', 'STREAM', 'FLOOR', 'SINCE', 'STEPS BACK'];

function row(floor: Floor): readonly string[] {
  const { sources, repository, stream, order, policy, at, epoch } = floor;
  const by = policy === undefined ? '' : ` for ${policy}`;
  return [
    sources.join(','),
    repository,
    stream,
    `${describeMark(order, floor)}${by}`,
    rfc3339(at),
    String(epoch),
  ];
}

/** `namespace/name`, or a name that only one namespace has. */
function isOf(source: string): (floor: Floor) => boolean {
  return ({ sources }) => sources.some((one) => one === source || one.endsWith(`/${source}`));
}

/** `VerificationPolicy/NAMESPACE/NAME`, as `show` tells it, or the end of that. */
function isFor({ policy = '' }: Floor, named: string): boolean {
  return policy === named || policy.endsWith(`/${named}`);
}

function show(
  source: string | undefined,
  { stateDir, output }: Place & { readonly output: OutputFormat },
): void {
  const store = readStateStore(stateDir);
  const floors = store.floors.all().filter(source === undefined ? () => true : isOf(source));
  store.close();
  process.stdout.write(
    output === 'table'
      ? formatTable(heading, floors.map(row))
      : formatValue(
          floors.map((floor) => ({ ...floor, at: rfc3339(floor.at) })),
          output,
        ),
  );
}

/** As `show` tells it, or any spelling of its URL. */
function isIn({ repository }: Floor, named: string): boolean {
  return repository === (/^oci(?:-layout|-archive)?:/.test(named) ? floorRepository(named) : named);
}

/** The repository that a source names now, where an artifact of it was taken since its spec changed. */
function repositoryNow({ generation, status }: SourceRecord): string | undefined {
  const { artifact, observedGeneration } = status;
  return artifact === undefined || observedGeneration !== generation
    ? undefined
    : floorRepository(artifact.url);
}

/** Without those of repositories that their sources have left: they stay for the day when a source comes back. */
function inUse(floors: readonly Floor[], records: readonly SourceRecord[]): readonly Floor[] {
  const now = new Map(records.map((one) => [`${one.namespace}/${one.name}`, repositoryNow(one)]));
  const used = floors.filter(({ sources, repository }) =>
    sources.some((source) => (now.get(source) ?? repository) === repository),
  );
  return used.length === 0 ? floors : used;
}

function choice({ order, sources, repository, stream, policy, ...mark }: Floor): string {
  const of = stream === '' ? '' : `, stream ${stream}`;
  const by = policy === undefined ? '' : `, for ${policy}`;
  return `${describeMark(order, mark)} of ${sources.join(', ')} in ${repository}${of}${by}`;
}

/** The one floor that is meant. @throws SealiftError OBJECT_NOT_FOUND, USAGE where there are several. */
function onlyFloor(floors: readonly Floor[], source: string): Floor {
  const [floor, ...others] = floors;
  if (floor === undefined) {
    throw new SealiftError(
      'OBJECT_NOT_FOUND',
      source,
      'expected a source with a floor, as `sealift floor show` lists them',
    );
  }
  if (others.length === 0) return floor;
  const detail = `expected one floor, got ${[floor, ...others].map(choice).join('; ')}: name it as NAMESPACE/NAME, or by --repository, --order or --policy`;
  throw new SealiftError('USAGE', source, detail);
}

function subjectOf({ sources: [source = ''] }: Floor): Subject {
  const [namespace = '', name = ''] = source.split('/');
  return { kind: 'OCIRepository', namespace, name };
}

interface MoveOptions extends Place {
  readonly order?: string;
  readonly policy?: string;
  readonly repository?: string;
}

function isMeant(floor: Floor, { order, policy, repository }: Omit<MoveOptions, 'stateDir'>): boolean {
  return (
    (order === undefined || floor.order === order) &&
    (policy === undefined || isFor(floor, policy)) &&
    (repository === undefined || isIn(floor, repository))
  );
}

/** Changes a floor, says so, and records it; a running agent goes by it from its next poll on. */
function change(
  source: string,
  { stateDir, ...named }: MoveOptions,
  to: (floor: Floor) => Floor | undefined,
): void {
  const store = openFloors(stateDir);
  try {
    const floors = store.floors.all().filter((one) => isOf(source)(one) && isMeant(one, named));
    const floor = onlyFloor(
      named.repository === undefined ? inUse(floors, store.sources.all()) : floors,
      source,
    );
    const next = to(floor);
    if (next === undefined) store.floors.remove(floor);
    else store.floors.save(next);
    const from = describeMark(floor.order, floor);
    const moved = next === undefined ? 'none' : describeMark(next.order, next);
    const at = systemClock.now();
    store.events.append({
      kind: 'floor-moved',
      by: 'operator',
      from,
      to: moved,
      subject: subjectOf(floor),
      at,
    });
    process.stdout.write(`floor of ${floor.repository}: was ${from}, is ${moved}\n`);
  } finally {
    store.close();
  }
}

function move(direction: 'lower' | 'raise') {
  return (source: string, options: MoveOptions & { readonly to: string }): void => {
    change(source, options, (floor) =>
      movedFloor(floor, { direction, to: options.to, at: systemClock.now() }),
    );
  };
}

function forget(source: string, options: MoveOptions): void {
  change(source, options, () => undefined);
}

function resetTime({ stateDir }: Place): void {
  const store = openFloors(stateDir);
  try {
    const before = store.time.find();
    const at = systemClock.now();
    store.time.save(firstTimeBound({ wall: at, machine: systemClock.monotonic() }));
    const was = before === undefined || before.bound === 0 ? 'none' : rfc3339(before.bound);
    const detail = `lower bound of time: was ${was}, is none by order of an operator`;
    store.events.append({ kind: 'state-mended', detail, subject: siteSubject, at });
    process.stdout.write(`${detail}\n`);
  } finally {
    store.close();
  }
}

function addChoices(command: Command): Command {
  return command
    .option(
      '--repository <repository>',
      'which floor, where a source had others before; default: that of the repository it names now',
    )
    .option('--order <order>', 'which floor, where a source has one by sequence and one by semver')
    .option('--policy <policy>', 'which floor, where several policies have one by signedTime');
}

function addMove(parent: Command, direction: 'lower' | 'raise', description: string): void {
  const command = parent
    .command(direction)
    .description(description)
    .argument('<source>', 'NAME or NAMESPACE/NAME of a source')
    .requiredOption('--to <place>', 'sequence, version or RFC 3339 time; or the digest of an earlier floor');
  addChoices(command).addOption(stateDirectoryOption()).action(move(direction));
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const floor = program
    .command('floor')
    .description(
      'show or move the lowest revision that this site takes; beside a running agent or without one',
    );
  floor
    .command('show')
    .description('show the floors of this site')
    .argument('[source]', 'NAME or NAMESPACE/NAME of a source; all without it')
    .addOption(stateDirectoryOption())
    .addOption(outputOption())
    .action(show);
  addMove(
    floor,
    'lower',
    'let this site go back, down to a place: an order on the spot, recorded as an event',
  );
  addMove(
    floor,
    'raise',
    'let this site take nothing below a place: after a loss of state, or before a jump',
  );
  const forgetting = floor
    .command('forget')
    .description('forget a floor: the next artifact, of whichever stream, sets a new one')
    .argument('<source>', 'NAME or NAMESPACE/NAME of a source');
  addChoices(forgetting).addOption(stateDirectoryOption()).action(forget);
  floor
    .command('reset-time')
    .description('forget how late it is at least: after a clock that was wrong for longer than a day')
    .addOption(stateDirectoryOption())
    .action(resetTime);
}
