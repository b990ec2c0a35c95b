import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkPackages, root } from './house/link-packages.ts';

interface LockedPackage {
  readonly resolved?: string;
  readonly os?: readonly string[];
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const versionLine = new RegExp(`^sealift ${manifest.version.replaceAll('.', '\\.')} `);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sealift-packaging-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function run(
  cwd: string,
  command: string,
  ...args: string[]
): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
  });
  if (error !== undefined) throw error;
  return { status, out: stdout, err: stderr };
}

/** Makes a node believe that it is an older one, for as long as it runs no other program. */
const pretend = (version: string): string =>
  `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;

describe('the command', () => {
  it('answers `npx sealift --help` in the root of a checkout, without a question', () => {
    const { status, out } = run(root, 'npx', 'sealift', '--help');
    expect(status).toBe(0);
    expect(out).toMatch(/^Usage: sealift /m);
  });

  it.each(['20.9.0', '22.22.2', '24.14.9'])(
    'starts the Node of the package `node` under Node %s',
    (version) => {
      const { status, out, err } = run(
        root,
        process.execPath,
        pretend(version),
        'cmd/sealift/bin.js',
        'version',
      );
      expect(err).toBe('');
      expect(out).toMatch(versionLine);
      expect(out).toContain(`node v${manifest.dependencies.node}`);
      expect(status).toBe(0);
    },
  );

  it.each(['24.15.0', '26.0.0'])('stays in the Node it was started with under Node %s', (version) => {
    const { out } = run(
      folder,
      process.execPath,
      pretend(version),
      path.join(root, 'cmd/sealift/bin.js'),
      'version',
    );
    expect(out).toMatch(versionLine);
  });

  it('hands on how the program ended', () => {
    const { status } = run(
      root,
      process.execPath,
      pretend('20.9.0'),
      'cmd/sealift/bin.js',
      'no-such-command',
    );
    expect(status).toBe(2);
  });

  it('says what to do when Node is too old and no other is there', async () => {
    const lonely = path.join(folder, 'lonely/cmd/sealift');
    await mkdir(lonely, { recursive: true });
    await cp(path.join(root, 'cmd/sealift/bin.js'), path.join(lonely, 'bin.mjs'));
    const { status, err } = run(lonely, process.execPath, pretend('20.9.0'), 'bin.mjs', 'version');
    expect(status).toBe(1);
    expect(err).toMatch(/^sealift: needs Node 24\.15 or newer, this is 20\.9\.0, .*npm ci/);
  });
});

describe('the bundle', () => {
  let published: string;

  beforeAll(async () => {
    published = path.join(folder, 'published');
    const built = run(root, process.execPath, 'scripts/build.ts', path.join(published, 'dist'));
    if (built.status !== 0) throw new Error(built.err);
    for (const file of ['package.json', 'cmd/sealift/bin.js']) {
      await mkdir(path.dirname(path.join(published, file)), { recursive: true });
      await cp(path.join(root, file), path.join(published, file));
    }
  });

  it('runs where no package is installed', () => {
    const { out, err } = run(published, process.execPath, 'dist/sealift.js', 'version');
    expect(err).toBe('');
    expect(out).toMatch(versionLine);
  });

  it('is what the installed command runs when the sources are not there', () => {
    const { out } = run(published, process.execPath, 'cmd/sealift/bin.js', 'version');
    expect(out).toMatch(versionLine);
  });

  it.each([
    ...['run', 'plan', 'push', 'sign', 'attest', 'verify', 'build', 'trust', 'serve', 'keygen', 'floor'],
    ...['status', 'events', 'history', 'version'],
  ])('has every piece that `sealift %s` is loaded with', (command) => {
    const { status, out, err } = run(published, process.execPath, 'dist/sealift.js', command, '--help');
    expect(err).toBe('');
    expect(out).toContain(`Usage: sealift ${command}`);
    expect(status).toBe(0);
  });

  it('has what is loaded when it is needed: the clients of Sigstore', async () => {
    const at = (name: string): string => path.join(folder, name);
    const sealift = (...args: string[]) => run(published, process.execPath, 'dist/sealift.js', ...args);
    // Nobody answers at port 1.
    const nobody = 'http://127.0.0.1:1';
    await writeFile(at('root.json'), '{}');
    const mirror = [
      '--mirror',
      nobody,
      '--root',
      at('root.json'),
      '--name',
      'mine',
      '--state-dir',
      at('state'),
    ];
    const updated = sealift('trust', 'update', ...mirror);
    expect(updated.err).toMatch(/code: TRUST_UPDATE_FAILED$/m);
    expect(updated.err).not.toContain('is not a');

    const claims = { iss: 'https://ci.example', sub: 'ci', aud: 'sigstore', exp: 9_999_999_999 };
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    await writeFile(at('token'), `${part({ alg: 'none' })}.${part(claims)}.${part({})}`);
    await mkdir(at('tree'));
    await writeFile(at('tree/a.yaml'), 'a: 1\n');
    const reference = `oci-layout:${at('layout')}:v1`;
    expect(
      sealift('push', reference, '-f', at('tree'), '--source', 'x', '--revision', 'y').err,
    ).not.toContain('error');
    const services = ['--keyless', '--identity-token', at('token'), '--fulcio-url', nobody];
    expect(sealift('sign', reference, ...services).err).toMatch(/code: SIGNING_FAILED$/m);
  });

  it('asks a registry without what some answers are not worth: an optimised parser, HTTP/2, TLS where there is none', async () => {
    const directory = await mkdtemp(path.join(folder, 'asks-'));
    const registry = await serveRegistry({ layout: await openLayout(path.join(directory, 'registry')) });
    try {
      const program = path.join(published, 'dist/sealift.js');
      const env = { ...process.env, COSIGN_PASSWORD: 'x' };
      const sealift = (args: readonly string[], ...options: readonly string[]) =>
        promisify(execFile)(process.execPath, [...options, program, ...args], { cwd: directory, env });
      await mkdir(path.join(directory, 'tree'));
      await writeFile(path.join(directory, 'tree/a.yaml'), 'a: 1\n');
      await sealift(['keygen', '--output-key-prefix', 'key']);
      const reference = `oci://${new URL(registry.url).host}/app:v1`;
      const origin = ['--source', 'x', '--revision', 'y', '--sign-key', 'key.key'];
      await sealift(['push', reference, '-f', 'tree', ...origin]);

      const loaded = "process.on('exit', () => console.log(process.moduleLoadList.join(' ')))";
      const { stdout } = await sealift(
        ['verify', reference, '--key', 'key.pub'],
        `--import=data:text/javascript,${loaded}`,
        '--trace-wasm-compilation-times',
      );
      expect(stdout).toContain('accepted: the policy holds');
      expect(stdout).toMatch(/using Liftoff/);
      expect(stdout).not.toMatch(/using TurboFan/);
      expect(stdout).toContain('NativeModule net ');
      expect(stdout).not.toMatch(/NativeModule (?:http2?|tls|child_process|assert) /);
    } finally {
      await registry.close();
    }
  });

  describe('keeps what a command compiled', () => {
    let caches: string;
    let program: string;
    const shared = () =>
      ({ encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: caches }, maxBuffer: 2 ** 26 }) as const;
    const sealift = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], shared());
      return { status, out: stdout, err: stderr };
    };
    const kept = (): string => path.join(caches, 'sealift/compiled/version');

    beforeEach(async () => {
      caches = await mkdtemp(path.join(folder, 'caches-'));
      program = path.join(published, 'cmd/sealift/bin.js');
    });

    it('for the next time, which writes nothing', () => {
      expect(sealift('version').out).toMatch(versionLine);
      const first = statSync(kept());
      expect(first.mode & 0o777).toBe(0o600);
      expect(sealift('version').out).toMatch(versionLine);
      expect(statSync(kept()).ino).toBe(first.ino);
      expect(readdirSync(path.dirname(kept()))).toEqual(['version']);
    });

    it('with the functions that ran, so that they need not be compiled again', () => {
      // What is kept under other options of V8 is not taken.
      const log = path.join(caches, 'v8.log');
      const options = ['--log-function-events', `--logfile=${log}`, '--no-logfile-per-isolate'];
      const compiled = (): number => {
        spawnSync(process.execPath, [...options, program, 'version'], shared());
        const events = readFileSync(log, 'utf8');
        expect(events).toMatch(/^function,first-execution,.*,parseAsync$/m);
        return events.match(/^function,full-parse,.*,parseAsync$/gm)?.length ?? 0;
      };
      expect([compiled(), compiled()]).toEqual([1, 0]);
    });

    it.each([
      ['is cut short', (content: Buffer) => content.subarray(0, content.length / 2)],
      ['is empty', () => Buffer.alloc(0)],
      ['is of something else', () => Buffer.alloc(64, 'x')],
    ])('and replaces it where it %s', async (_how, spoiled) => {
      sealift('version');
      const whole = readFileSync(kept());
      await writeFile(kept(), spoiled(whole));
      const { status, out, err } = sealift('version');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(out).toMatch(versionLine);
      expect(readFileSync(kept()).length).toBeGreaterThan(whole.length / 2);
    });

    it('but not where nothing can be kept, and says nothing of it', async () => {
      await writeFile(path.join(caches, 'sealift'), 'a file where a directory would be');
      const { status, out, err } = sealift('version');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(out).toMatch(versionLine);
    });

    it('and leaves nothing behind where it cannot take the place of what is there', async () => {
      await mkdir(kept(), { recursive: true });
      const { status, out, err } = sealift('version');
      expect({ status, err }).toEqual({ status: 0, err: '' });
      expect(out).toMatch(versionLine);
      expect(readdirSync(path.dirname(kept()))).toEqual(['version']);
    });

    it.each([
      ['help', ['version', '--help'], 0],
      ['what is no command', ['frobnicate'], 2],
      ['a path', ['../version'], 2],
      ['a command that fails', ['verify', 'no reference'], 2],
    ])('and nothing of %s', (_what, args, code) => {
      expect(sealift(...args).status).toBe(code);
      expect(readdirSync(caches)).toEqual([]);
    });
  });

  it('comes with the licence of every package inside', () => {
    const text = readFileSync(path.join(published, 'dist/THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of ['commander', 'undici', 'yaml', 'zod', 'tar-stream']) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
    expect(text).not.toContain('(undefined)');
  });

  it('has a source map beside it that it does not name', () => {
    const names = readdirSync(path.join(published, 'dist'));
    const main = names.find((name) => /^main-.+\.js$/.test(name)) ?? '';
    expect(names).toContain(`${main}.map`);
    expect(readFileSync(path.join(published, 'dist', main), 'utf8')).not.toContain('sourceMappingURL=main');
  });
});

describe('the image', () => {
  const stages = readFileSync(path.join(root, 'Dockerfile'), 'utf8')
    .split(/^FROM /m)
    .slice(1);
  const copies = (stage: string): { sources: string[]; target: string }[] =>
    [...stage.matchAll(/^COPY (?!--from)(.+)$/gm)].map(([, line = '']) => {
      const words = line.split(' ').filter((word) => !word.startsWith('--'));
      return { sources: words.slice(0, -1), target: words.at(-1) ?? '' };
    });
  const sources = stages.flatMap(copies).flatMap((copy) => copy.sources);

  it.each(sources)('copies %s, which is there and is sent to the build', (source) => {
    expect(existsSync(path.join(root, source))).toBe(true);
    const sent = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
    expect(sent).toContain(`!${source}`.replace('src/oci-client-ts/package.json', 'src'));
  });

  it('is built from what it copies, and from nothing else', async () => {
    const context = path.join(folder, 'context');
    const stage = stages.find((text) => text.includes('AS bundle')) ?? '';
    for (const { sources: files, target } of copies(stage)) {
      for (const file of files) {
        const place = target.endsWith('/') ? path.join(target, path.basename(file)) : target;
        await cp(path.join(root, file), path.join(context, place), { recursive: true });
      }
    }
    await linkPackages(context);
    const built = run(context, process.execPath, 'scripts/build.ts');
    expect(built.err).toBe('');
    await cp(path.join(context, 'dist'), path.join(folder, 'image'), { recursive: true });
    expect(run(folder, process.execPath, 'image/sealift.js', 'version').out).toMatch(versionLine);
  });

  it.each([
    ['does not run as root', /^USER 65532:65532$/m],
    ['keeps its state in a volume', /^VOLUME \/var\/lib\/sealift$/m],
    ['finds its state there without being told', /^ENV XDG_STATE_HOME=\/var\/lib \\$/m],
    [
      'starts the command',
      /^ENTRYPOINT \["node", "--single-threaded", "\/usr\/local\/lib\/sealift\/sealift\.js"\]$/m,
    ],
    ['says its version', new RegExp(`^ARG VERSION=${manifest.version.replaceAll('.', '\\.')}$`, 'm')],
  ])('%s', (_what, line) => {
    expect(stages.at(-1)).toMatch(line);
  });
});

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const locked = Object.entries<LockedPackage>(packages);

  it('names no registry', () => {
    const addresses = locked.filter(([, { resolved }]) => /^[a-z+]+:\/\//.test(resolved ?? ''));
    expect(addresses).toEqual([]);
  });

  it('names the packages of every system, so that `npm ci` accepts it everywhere', () => {
    const wanted = locked.flatMap(([, { optionalDependencies }]) => Object.keys(optionalDependencies ?? {}));
    const missing = wanted.filter(
      (name) => !locked.some(([place]) => place.endsWith(`node_modules/${name}`)),
    );
    expect(missing, 'run `npm run lockfile:complete`').toEqual([]);
  });

  it('brings no install script that package.json does not decide about', () => {
    const scripted = locked
      .filter(
        ([, { hasInstallScript, os }]) => hasInstallScript && (os === undefined || os.includes('linux')),
      )
      .map(([place]) => place.replace(/^.*node_modules\//, ''));
    expect(Object.keys(manifest.allowScripts).sort()).toEqual(scripted.sort());
  });
});
