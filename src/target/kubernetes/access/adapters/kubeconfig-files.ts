import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { asSealiftError } from '../../../../core/index.ts';
import type { ClusterAccess } from '../cluster-access.ts';
import { readKubeconfig } from '../kubeconfig.ts';

/**
 * Access by the kubeconfig files of this machine, as $KUBECONFIG lists them; what is wanted of several is merged.
 * @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED.
 */
export async function kubeconfigAccess(paths: readonly string[], context?: string): Promise<ClusterAccess> {
  const files = await Promise.all(
    paths.map(async (file) => ({
      path: file,
      folder: `${path.dirname(path.resolve(file))}/`,
      text: await textOf(file),
    })),
  );
  return readKubeconfig(files, context);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw asSealiftError(cause, file, 'CONFIG_INVALID');
  }
}
