// Writes into package-lock.json the optional platform packages that the registry at hand does not have.
//
// A registry that mirrors only what somebody asked for lacks the packages of other systems; npm leaves them out of the lockfile
// and then refuses it in `npm ci` as incomplete. With a row of their own they are skipped on the systems that they are not for.
// They have no integrity until `npm install` ran once against a registry that has them.
import { readFile, writeFile } from 'node:fs/promises';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: unknown;
}

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** `@scope/name-win32-arm64-msvc` is for win32 on arm64. */
function platformOf(name: string): { os: string; cpu: string } | undefined {
  const words = name.split(/[/-]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  return os === undefined || cpu === undefined ? undefined : { os, cpu };
}

function missingRow(name: string, version: string, owner: LockedPackage): Record<string, unknown> {
  const platform = platformOf(name);
  if (platform === undefined)
    throw new Error(`${name}: expected an operating system and a processor in the name`);
  const libc = /-musl(eabihf)?$/.test(name) ? ['musl'] : /-gnu(eabihf)?$/.test(name) ? ['glibc'] : undefined;
  return {
    version,
    cpu: [platform.cpu],
    ...(owner.dev === true && { dev: true }),
    ...(libc !== undefined && platform.os === 'linux' && { libc }),
    optional: true,
    os: [platform.os],
  };
}

function complete(packages: Record<string, LockedPackage>): string[] {
  const added: string[] = [];
  for (const owner of Object.values(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`;
      if (packages[place] !== undefined || platformOf(name) === undefined) continue;
      packages[place] = missingRow(name, version, owner) as LockedPackage;
      added.push(name);
    }
  }
  return added;
}

const file = 'package-lock.json';
const lockfile = JSON.parse(await readFile(file, 'utf8'));
const added = complete(lockfile.packages);
lockfile.packages = Object.fromEntries(
  Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
await writeFile(file, `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`${file}: ${added.length} packages of other systems added`);
