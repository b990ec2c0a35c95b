import { SealiftError } from '../../src/core/index.ts';
import { createTrustedRoots, type TrustedRoots } from '../../src/verify/index.ts';

/** The roots that come with the program, and those of a state directory; nothing is written. Loaded when one is asked for. */
async function readRoots(stateDirectory: string): Promise<TrustedRoots> {
  const { trustPlaces } = await import('./open-trust.ts');
  const { readTrustFiles } = await import('../../src/site/index.ts');
  const { directory, shipped } = trustPlaces(stateDirectory);
  const stored = readTrustFiles(directory, shipped);
  return createTrustedRoots((name) => {
    const root = stored.find((one) => one.name === name);
    if (root !== undefined) return root.content;
    const names = stored.map((one) => one.name).join(', ');
    const detail = `expected one that is stored in ${directory} (${names}); \`sealift trust import FILE --name ${name} --state-dir ${stateDirectory}\` stores it`;
    throw new SealiftError('OBJECT_NOT_FOUND', `trusted root ${name}`, detail);
  });
}

/** Trusted roots for a command that looks at a site from outside. */
export function openTrustedRoots(stateDirectory: string): TrustedRoots {
  let roots: Promise<TrustedRoots> | undefined;
  return {
    open: async (wanted) => {
      roots ??= readRoots(stateDirectory);
      return (await roots).open(wanted);
    },
  };
}
