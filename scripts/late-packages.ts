import type { Plugin } from 'rolldown';

const prefix = '\0late:';

/** What stands for a package until it is called: most commands compare no versions and match no patterns, whose tables take milliseconds. */
const standIns: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['semver/functions/compare.js', 'semver/functions/parse.js'].map((id) => [
      id,
      `export default (...given) => require('${id}')(...given);`,
    ]),
  ),
  re2js: "export const RE2JS = { compile: (...given) => require('re2js').RE2JS.compile(...given) };",
};

export function latePackages(): Plugin {
  return {
    name: 'late-packages',
    resolveId: {
      filter: { id: /^(?:semver\/functions\/(?:compare|parse)\.js|re2js)$/ },
      handler: (id, _importer, { kind }) =>
        kind === 'import-statement' ? { id: `${prefix}${id}`, moduleSideEffects: false } : undefined,
    },
    load: {
      filter: { id: /^\0late:/ },
      handler: (id) => standIns[id.slice(prefix.length)],
    },
  };
}
