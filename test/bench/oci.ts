// Polls and pulls of oci-client-ts, beside those of oras and crane, from one registry (CNCF distribution) on loopback: `npm run bench:oci`.
// Needs Linux, openssl and `npm run peers -- registry oras crane`. Takes about two minutes and 5 GiB of the temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Descriptor, RemoteRepository, Transport } from 'oci-client-ts';
import { startDistribution } from '../interop/harness/distribution.ts';
import { peerProgram, Workshop } from '../interop/harness/workshop.ts';
import { countingProxy, type Traffic } from './counting-proxy.ts';
import { pushRandomArtifact } from './random-artifact.ts';
import { type Cost, runMeasured, runReporting } from './run-measured.ts';

const root = path.resolve(import.meta.dirname, '../..');
const compiled = path.join(root, 'node_modules/.cache/oci-client-ts');
const childScript = path.join(compiled, 'bench-child.js');
const mebibyte = 2 ** 20;

const { values } = parseArgs({
  options: {
    mebibytes: { type: 'string', default: '1024' },
    repositories: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: 'import,poll,pull,fleet' },
  },
});
const rounds = Number(values.rounds);
const blobBytes = Number(values.mebibytes) * mebibyte;

function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`| ${head.join(' | ')} |`);
  console.log(`| ${head.map(() => '---').join(' | ')} |`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log();
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
const megs = (bytes: number): string => (bytes / mebibyte).toFixed(0);

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** In every round another order: what a program leaves to the kernel weighs on the next one, and must not always be the same one's burden. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

interface Polls extends Traffic {
  readonly cost: Readonly<Record<string, number>>;
}

type OwnCost = Cost & { readonly idle?: number };

const ways = [false, true] as const;
const wayName = (tls: boolean): string => (tls ? 'TLS, HTTP/2' : 'HTTP/1.1');

class Bench {
  readonly #workshop: Workshop;
  readonly #host: string;
  readonly #tlsHost: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(
    workshop: Workshop,
    hosts: { readonly plain: string; readonly tls: string },
    authority: string,
  ) {
    this.#workshop = workshop;
    this.#host = hosts.plain;
    this.#tlsHost = hosts.tls;
    const trust = { NODE_EXTRA_CA_CERTS: authority, SSL_CERT_FILE: authority };
    this.#env = { ...workshop.env, ...trust, OCI_CLIENT: path.join(compiled, 'index.js') };
  }

  #child(order: object): { file: string; args: string[]; env: Readonly<Record<string, string>> } {
    return { file: process.execPath, args: [childScript, JSON.stringify(order)], env: this.#env };
  }

  async import(): Promise<void> {
    const runs: Readonly<Record<string, number>>[] = [];
    for (let round = 0; round < 7; round += 1)
      runs.push(await runReporting(this.#child({ act: 'import', tls: false })));
    const of = (name: string): number => median(runs.map((run) => run[name] ?? 0));
    console.log('Import of the compiled package, median of 7:\n');
    const bytes = (of('importBytes') / mebibyte).toFixed(1);
    printTable(['time, ms', 'resident, MiB'], [[of('importMs').toFixed(0), bytes]]);
  }

  /** Polls all repositories from one process, twice to warm up, and counts the third time. */
  async polls(tls: boolean, repositories: readonly string[]): Promise<Polls> {
    const proxy = await countingProxy(tls ? this.#tlsHost : this.#host);
    const order = { act: 'poll', host: proxy.host, tls, repositories };
    const marks: Traffic[] = [];
    const cost = await runReporting(this.#child(order), () => marks.push(proxy.traffic()));
    proxy.close();
    const [warm, polled] = marks;
    if (warm === undefined || polled === undefined) throw new Error('expected two marks');
    if (cost.unchanged !== repositories.length)
      throw new Error(`expected nothing new, got ${cost.unchanged}`);
    return { cost, connections: polled.connections - warm.connections, bytes: polled.bytes - warm.bytes };
  }

  /** The peers are commands: each poll is a process, and its connections are new. */
  async peerPoll(tls: boolean, [name, ...args]: readonly ['oras' | 'crane', ...string[]]): Promise<Traffic> {
    const proxy = await countingProxy(tls ? this.#tlsHost : this.#host);
    const plain = { oras: '--plain-http', crane: '--insecure' }[name];
    const all = [...args, ...(tls ? [] : [plain]), `${proxy.host}/team/app:v1`];
    await runMeasured({ file: peerProgram(name), args: all, env: this.#env });
    proxy.close();
    return proxy.traffic();
  }

  async pulls(repository: string, layer: Descriptor): Promise<void> {
    const reference = `${this.#host}/${repository}`;
    const blob = `${reference}@${layer.digest}`;
    const folder = this.#workshop.path('pulled', 'here');
    const file = path.join(folder, 'blob');
    const order = { host: this.#host, tls: false, repositories: [repository], to: file };
    const small = ['--max-semi-space-size=1'];
    const runs: Readonly<Record<string, () => Promise<OwnCost>>> = {
      'oci-client-ts, fetch to a file': () => this.#own({ ...order, act: 'pull' }),
      'the same, with the image’s Node options': () => this.#own({ ...order, act: 'pull' }, small),
      'oci-client-ts, copy to a layout, flushed': () => this.#own({ ...order, act: 'copy', to: folder }),
      'the same copy, with the image’s Node options': () =>
        this.#own({ ...order, act: 'copy', to: folder }, small),
      'oras pull': () => this.#peer(['oras', 'pull', '--plain-http', '-o', folder, `${reference}:v1`]),
      'oras blob fetch': () => this.#peer(['oras', 'blob', 'fetch', '--plain-http', '-o', file, blob]),
      'crane blob': () => this.#peer(['crane', 'blob', '--insecure', blob], file),
    };
    const costs = new Map<string, OwnCost[]>();
    const programs = Object.entries(runs);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, run] of shuffled(programs)) {
        rmSync(folder, { recursive: true, force: true });
        // Or it pays for what the one before left the disk to do.
        execFileSync('sync');
        mkdirSync(folder, { recursive: true });
        costs.set(name, [...(costs.get(name) ?? []), await run()]);
      }
    }
    console.log(`Pull of ${values.mebibytes} MiB to disk, digest checked, median of ${rounds}:\n`);
    const head = ['', 'time, s', 'CPU, s', 'peak resident, MiB', 'of it above idle, MiB'];
    printTable(
      head,
      [...costs].map(([name, list]) => pullRow(name, list)),
    );
  }

  /** Time and CPU from start to end of the process, as for the peers; idle memory as the process says. */
  async #own(order: object, flags: readonly string[] = []): Promise<OwnCost> {
    const report = this.#workshop.path('report.json');
    const { args, ...child } = this.#child(order);
    const cost = await runMeasured({ ...child, args: [...flags, ...args], output: report });
    const { idle } = JSON.parse(readFileSync(report, 'utf8'));
    return { ...cost, idle };
  }

  async #peer([name, ...args]: readonly ['oras' | 'crane', ...string[]], output?: string): Promise<Cost> {
    const to = output === undefined ? {} : { output };
    return runMeasured({ file: peerProgram(name), args, env: this.#env, ...to });
  }
}

function pullRow(name: string, costs: readonly OwnCost[]): string[] {
  const of = (pick: (cost: OwnCost) => number): number => median(costs.map(pick));
  const peak = of((cost) => cost.peak);
  const above = costs[0]?.idle === undefined ? '' : megs(peak - of((cost) => cost.idle ?? 0));
  return [name, seconds(of((cost) => cost.wallMs)), seconds(of((cost) => cost.cpuMs)), megs(peak), above];
}

/** A certificate of its own for 127.0.0.1, valid for a day. */
function selfSigned(workshop: Workshop): { readonly certificate: string; readonly key: string } {
  const certificate = workshop.path('tls', 'cert.pem');
  const key = workshop.path('tls', 'key.pem');
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files],
    {
      stdio: 'ignore',
    },
  );
  return { certificate, key };
}

function compile(): void {
  const project = path.join(root, 'src/oci-client-ts/tsconfig.build.json');
  execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', project, '--outDir', compiled], {
    stdio: 'inherit',
  });
  // As JavaScript, like the package: to strip types at every start is no part of a pull.
  const child = readFileSync(path.join(import.meta.dirname, 'oci-child.ts'), 'utf8');
  writeFileSync(childScript, stripTypeScriptTypes(child));
}

async function onePoll(bench: Bench): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const tls of ways) {
    const { cost, connections, bytes } = await bench.polls(tls, ['team/app']);
    rows.push(['oci-client-ts, warm', wayName(tls), cost.requests ?? 0, connections, bytes]);
  }
  for (const tls of ways) {
    for (const command of [['oras', 'resolve'] as const, ['crane', 'digest'] as const]) {
      const { connections, bytes } = await bench.peerPoll(tls, command);
      rows.push([`${command.join(' ')}, a new process`, wayName(tls), '', connections, bytes]);
    }
  }
  console.log('One unchanged poll without a token; bytes of TCP payload in both directions:\n');
  printTable(['', 'way', 'requests', 'new connections', 'bytes'], rows);
}

async function manyPolls(bench: Bench, names: readonly string[]): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const tls of ways) {
    const { cost, connections, bytes } = await bench.polls(tls, names);
    const { requests = 0, cpuMs = 0, wallMs = 0, resident = 0 } = cost;
    rows.push([wayName(tls), requests, connections, bytes, seconds(cpuMs), seconds(wallMs), megs(resident)]);
  }
  console.log(`${names.length} repositories polled once, unchanged, from one process, eight at a time:\n`);
  const head = ['way', 'requests', 'new connections', 'bytes', 'CPU, s', 'time, s', 'resident, MiB'];
  printTable(head, rows);
}

type At = (repository: string) => RemoteRepository;

async function pushFleet(at: At): Promise<string[]> {
  const names = Array.from({ length: Number(values.repositories) }, (_, number) => `fleet/app-${number}`);
  for (let first = 0; first < names.length; first += 8) {
    await Promise.all(names.slice(first, first + 8).map((name) => pushRandomArtifact(at(name), 1000)));
  }
  return names;
}

async function run(bench: Bench, at: At): Promise<void> {
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    import: () => bench.import(),
    poll: async () => {
      await pushRandomArtifact(at('team/app'), 1000);
      await onePoll(bench);
    },
    pull: async () => bench.pulls('team/large', await pushRandomArtifact(at('team/large'), blobBytes)),
    fleet: async () => manyPolls(bench, await pushFleet(at)),
  };
  for (const name of values.only.split(',')) await parts[name]?.();
}

const workshop = new Workshop();
const transport = new Transport();
compile();
const tls = selfSigned(workshop);
const plainRegistry = await startDistribution(workshop);
const tlsRegistry = await startDistribution(workshop, tls);
try {
  const hosts = { plain: plainRegistry.host, tls: tlsRegistry.host };
  const at: At = (repository) => new RemoteRepository({ host: hosts.plain, repository, transport });
  await run(new Bench(workshop, hosts, tls.certificate), at);
} finally {
  await transport.close();
  await plainRegistry.close();
  await tlsRegistry.close();
  workshop.close();
}
