import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'rolldown';

const require = createRequire(import.meta.url);
const prefix = '\0builtin:';
const identifier = /^[A-Za-z_$][\w$]*$/;

/** Loaded when a function of theirs is called: commander brings one along that hardly any command has a use for. */
const late: ReadonlySet<string> = new Set(['child_process']);

/**
 * `import { x } from 'node:y'` makes Node read every export of its module, and those that are made when they are read (streams of files, web
 * crypto, the fetch of `node:http`) cost a command a tenth of its start. Asked for by name, the others are never made.
 */
export function builtinsInParts(): Plugin {
  return {
    name: 'builtins-in-parts',
    resolveId: {
      // What the bundler itself needs of `node:module` has to be there before all else.
      filter: { id: /^(node:)?(?!module$)[a-z0-9_/]+$/ },
      handler: (id, importer = '', { kind }) =>
        kind === 'import-statement' && isBuiltin(id)
          ? { id: `${prefix}${id.replace(/^node:/, '')}?for=${importer}`, moduleSideEffects: false }
          : undefined,
    },
    load: {
      filter: { id: /^\0builtin:/ },
      handler: (id) => moduleText(id.slice(prefix.length, id.indexOf('?'))),
    },
  };
}

function moduleText(name: string): string {
  if (late.has(name)) return lateText(name);
  const whole = `process.getBuiltinModule('node:${name}')`;
  return [
    `const whole = /* @__PURE__ */ ${whole}, part = (name) => whole[name];`,
    'export default whole;',
    ...namesOf(name).map(
      (key) => `const $${key} = /* @__PURE__ */ part('${key}'); export { $${key} as ${key} };`,
    ),
  ].join('\n');
}

function lateText(name: string): string {
  return [
    `const call = (name) => (...given) => process.getBuiltinModule('node:${name}')[name](...given);`,
    'export default /* @__PURE__ */ new Proxy({}, { get: (_, name) => call(name) });',
    ...namesOf(name).map(
      (key) => `const $${key} = /* @__PURE__ */ call('${key}'); export { $${key} as ${key} };`,
    ),
  ].join('\n');
}

function namesOf(name: string): readonly string[] {
  return Object.keys(require(`node:${name}`)).filter((key) => identifier.test(key) && key !== 'default');
}
