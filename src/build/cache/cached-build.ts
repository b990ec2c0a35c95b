import type { BuildOutput } from '../../api/index.ts';
import { type BuildPorts, type BuildRequest, buildObjects } from '../stage/build-stage.ts';
import type { BuildCache } from './build-cache.ts';

export interface CachedPorts extends BuildPorts {
  readonly cache: BuildCache;
  /** Changes whenever the program at this path does. */
  identify(program: string): Promise<string>;
}

/** As `buildObjects`; the same delivery built from the same once more is no work. */
export async function buildCached(
  ports: CachedPorts,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<BuildOutput> {
  signal.throwIfAborted();
  const { cache } = ports;
  const key = cache.keyOf(request);
  if (key === undefined) return buildObjects(ports, request, signal);
  const identify = async (path: string | undefined): Promise<string | undefined> =>
    path === undefined ? undefined : ports.identify(path);
  const known = await cache.find(request, key, async () => identify(await ports.findKustomize()));
  if (known !== undefined) return known;
  let program: string | undefined;
  const findKustomize = async (): Promise<string | undefined> => {
    const path = await ports.findKustomize();
    program = await identify(path);
    return path;
  };
  const output = await buildObjects({ ...ports, findKustomize }, request, signal);
  cache.keep(request, { key, output, program });
  return output;
}
