import http from 'node:http';
import { join } from 'node:path';
import type { Command } from 'commander';
import { rfc3339, SealiftError } from '../../src/core/index.ts';
import {
  fetchRoot,
  importRoot,
  publicGoodMirror,
  readTrustFiles,
  type TrustPlaces,
} from '../../src/site/index.ts';
import { trustPlaces } from './open-trust.ts';
import { outputOption, stateDirectoryOption } from './options.ts';
import { formatTable, formatValue, type OutputFormat } from './output.ts';
import { readGivenFile } from './read-given-file.ts';
import { type TrustMember, trustMembers } from './trust-members.ts';

/** The root that counts where a policy names none. */
const defaultName = 'public-good';

/** Larger than any trusted root; what it may be is checked when it is read. */
const maxFileBytes = 2 * 1024 * 1024;

interface RootDocument {
  readonly name: string;
  /** `sha256:HEX` of the file. */
  readonly id: string;
  /** `program`: it came with it. `site`: it was imported or updated here. */
  readonly from: 'program' | 'site';
  /** RFC 3339: when it was published, or stored here. */
  readonly since: string;
  readonly members: readonly TrustMember[];
}

function readRoots(places: TrustPlaces): readonly RootDocument[] {
  return readTrustFiles(places.directory, places.shipped).map(({ name, id, isShipped, since, content }) => ({
    name,
    id,
    from: isShipped ? 'program' : 'site',
    since: rfc3339(since),
    members: trustMembers(content, `trusted root ${name}`),
  }));
}

function named(roots: readonly RootDocument[], name: string | undefined): readonly RootDocument[] {
  if (name === undefined) return roots;
  const found = roots.filter((root) => root.name === name);
  if (found.length > 0) return found;
  const names = roots.map((root) => root.name).join(', ');
  throw new SealiftError('OBJECT_NOT_FOUND', `trusted root ${name}`, `expected one of ${names}`);
}

function formatRoots(roots: readonly RootDocument[], output: OutputFormat): string {
  if (output !== 'table') return formatValue(roots, output);
  const table = formatTable(
    ['NAME', 'FROM', 'SINCE', 'DIGEST'],
    roots.map(({ name, from, since, id }) => [name, from, since, id]),
  );
  const members = formatTable(
    ['NAME', 'ROLE', 'FROM', 'UNTIL', 'MEMBER'],
    roots.flatMap(({ name, members: all }) =>
      all.map(({ role, url, from = '', until = '' }) => [name, role, from, until, url]),
    ),
  );
  return `${table}\n${members}`;
}

interface ShowOptions {
  readonly stateDir: string;
  readonly output: OutputFormat;
}

function show(name: string | undefined, { stateDir, output }: ShowOptions): void {
  process.stdout.write(formatRoots(named(readRoots(trustPlaces(stateDir)), name), output));
}

interface StoreOptions {
  readonly stateDir: string;
  readonly name: string;
  readonly allowOlder: boolean;
}

function store(content: Uint8Array, from: string, { stateDir, name, allowOlder }: StoreOptions): void {
  const { before, after } = importRoot(trustPlaces(stateDir), { name, content, from, allowOlder });
  const told =
    before === after
      ? `trusted root ${name} is ${after}, as before`
      : `trusted root ${name} is now ${after}, was ${before ?? 'none'}`;
  process.stdout.write(`${told}\n`);
}

async function importFile(file: string, options: StoreOptions): Promise<void> {
  store(await readGivenFile(file, maxFileBytes, 'TRUST_INVALID'), file, options);
}

interface UpdateOptions {
  readonly stateDir: string;
  readonly name?: string;
  readonly mirror: string;
  readonly root?: string;
}

async function update({ stateDir, name, mirror, root }: UpdateOptions): Promise<void> {
  const isPublicGood = mirror === publicGoodMirror;
  if (!isPublicGood && name === undefined) {
    throw new SealiftError(
      'USAGE',
      '--mirror',
      `expected --name NAME beside it: it is not ${defaultName} that comes from there`,
    );
  }
  // The library asks with Node's own fetch, which knows of no proxy by itself.
  http.setGlobalProxyFromEnv?.(process.env);
  const content = await fetchRoot({
    mirror,
    cacheDirectory: join(trustPlaces(stateDir).directory, '.tuf'),
    ...(root === undefined ? {} : { initialRoot: root }),
  });
  store(content, mirror, { stateDir, name: name ?? defaultName, allowOlder: false });
}

/** Adds the command to the program. */
export function addTo(program: Command): void {
  const trust = program
    .command('trust')
    .description(
      'show or change whose certificates, logs and timestamps this site trusts; a running agent takes it up by itself',
    );
  trust
    .command('show')
    .description('show the trusted roots of this site, and their members')
    .argument('[name]', 'name of a root; all without it')
    .addOption(stateDirectoryOption())
    .addOption(outputOption())
    .action(show);
  trust
    .command('import')
    .description('store a trusted root from a file, where there is no network')
    .argument('<file>', 'trusted_root.json')
    .option('--name <name>', 'name by which policies refer to it', defaultName)
    .option('--allow-older', 'take a root that is older than the one in force', false)
    .addOption(stateDirectoryOption())
    .action(importFile);
  trust
    .command('update')
    .description('fetch the trusted root that a TUF repository publishes now, where there is a network')
    .option('--name <name>', `name by which policies refer to it (default: ${defaultName})`)
    .option('--mirror <url>', 'TUF repository', publicGoodMirror)
    .option(
      '--root <file>',
      'its first root.json, from a place that you trust; needed once for another mirror',
    )
    .addOption(stateDirectoryOption())
    .action(update);
}
