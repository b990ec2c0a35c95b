import type { IConfiguration, IForbiddenRuleType } from 'dependency-cruiser';

// The arrows between the rooms (docs/adr/0001-rooms-and-arrows.md). A room without a row may import nothing.

const stages = ['source', 'verify', 'artifact', 'build', 'apply', 'health'];
const words = ['core', 'oci-client-ts', 'api'];

/** What each room of src/ may import, besides itself. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  'oci-client-ts': [],
  api: ['core', 'oci-client-ts'],
  ...Object.fromEntries(stages.map((stage) => [stage, words])),
  target: ['core', 'api'],
  observe: ['core', 'api'],
  site: words,
  fleet: words,
  notify: words,
  agent: [...words, ...stages],
};

/** Packages that act or print: each has one home, so that what it costs and what it can do stays in one place. */
const homes: Record<string, string> = {
  commander: '^cmd/',
  pino: '^(src/observe/adapters|cmd)/',
  undici: '^src/(oci-client-ts/(remote|server)|target/kubernetes/client/adapters)/',
};

/** Contract tests are written once and run by the tests of every implementation. */
const test = String.raw`(\.test|-contract)\.ts$`;
const acting = '^src/(.*/adapters|oci-client-ts/(remote|layout|server))/';
const room = (name: string) => `^src/${name}/`;

/** The tests of the engine put a whole site together, as `cmd` does. */
const testsMayImport: Record<string, readonly string[]> = { agent: ['site', 'target', 'observe'] };

function arrow(name: string, from: object, others: readonly string[]): IForbiddenRuleType {
  return {
    name: `arrow-${name}`,
    comment: `${name} may import ${others.length === 0 ? 'no other room' : others.join(', ')}.`,
    severity: 'error',
    from: { path: room(name), ...from },
    to: { path: '^src/', pathNot: [name, ...others].map(room) },
  };
}

const arrows = Object.entries(mayImport).flatMap(([name, others]) => [
  arrow(name, { pathNot: test }, others),
  arrow(name, { path: `${room(name)}.*${test}` }, [...others, ...(testsMayImport[name] ?? [])]),
]);

const onlyAtHome: IForbiddenRuleType[] = Object.entries(homes).map(([name, home]) => ({
  name: `home-of-${name}`,
  comment: `${name} is used below ${home} only; everything else goes through a port.`,
  severity: 'error',
  from: { path: '^(src|cmd)/', pathNot: [home, test] },
  to: { path: `(^|/)node_modules/${name}/`, dependencyTypesNot: ['type-only'] },
}));

export const configuration: IConfiguration = {
  forbidden: [
    ...arrows,
    ...onlyAtHome,
    {
      name: 'unknown-room',
      comment: 'A new room gets its row in the table of lint/arrows.ts first.',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.keys(mayImport).map(room) },
      to: {},
    },
    {
      name: 'types-only',
      comment:
        'The kinds borrow the types of the OCI client, not its code; only its error is translated there.',
      severity: 'error',
      from: { path: room('api'), pathNot: [test, '^src/api/registry-error[.]ts$'] },
      to: { path: room('oci-client-ts'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-door',
      comment: 'Another room is entered through its index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/$1/', '^src/[^/]+/index[.]ts$', room('oci-client-ts')] },
    },
    {
      name: 'one-door-for-commands',
      comment: 'cmd enters a room through its index.ts.',
      severity: 'error',
      from: { path: '^cmd/' },
      to: { path: '^src/', pathNot: ['^src/[^/]+/index[.]ts$', room('oci-client-ts')] },
    },
    {
      name: 'client-by-package-name',
      comment:
        'The OCI client is a package of its own: import it as oci-client-ts, so that only its exports are used.',
      severity: 'error',
      from: { path: '^(src|cmd)/', pathNot: room('oci-client-ts') },
      to: { path: room('oci-client-ts'), dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'plain-files-decide',
      comment: 'Only index.ts opens adapters/ to others: a plain file takes a port as an argument.',
      severity: 'error',
      from: { path: '^src/', pathNot: [acting, '^src/[^/]+/index[.]ts$', test] },
      to: { path: acting, pathNot: room('oci-client-ts/index[.]ts') },
    },
    {
      name: 'nothing-below-the-floor',
      comment: 'What ships does not import tests, scripts or examples.',
      severity: 'error',
      from: { path: '^(src|cmd)/', pathNot: test },
      to: { path: ['^(test|scripts|examples)/', test] },
    },
    {
      name: 'nothing-above',
      comment: 'cmd wires the rooms; no room knows it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^cmd/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one concept, or a third one is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-and-shipped',
      comment: 'What ships imports only packages that package.json lists under dependencies.',
      severity: 'error',
      from: { path: '^(src|cmd)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API: with the default parser not one module is found and the run passes.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|test/peers)/' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
