import { createHash } from 'node:crypto';
import type { TrustedRoots } from '../policy/trusted-roots.ts';
import type { TrustedRoot } from '../proof/trusted-root.ts';

/** Roots that are held ready to judge with, about 200 KB each. */
const maxLoaded = 8;

/**
 * Trusted roots by the names under which a site has stored them, or as a Secret gives them. What was loaded is kept under the hash of its
 * content, so that another content never meets an older root. `read` throws SealiftError OBJECT_NOT_FOUND.
 */
export function createTrustedRoots(read: (name: string) => Uint8Array): TrustedRoots {
  const loaded = new Map<string, Promise<TrustedRoot>>();
  return {
    open: async (wanted) => {
      const { content, subject } =
        wanted.kind === 'stored'
          ? { content: read(wanted.name), subject: `trusted root ${wanted.name}` }
          : { content: Buffer.from(wanted.content), subject: wanted.subject };
      const id = createHash('sha256').update(content).digest('hex');
      const root = loaded.get(id) ?? load(content, subject);
      loaded.delete(id);
      loaded.set(id, root);
      for (const oldest of loaded.keys()) if (loaded.size > maxLoaded) loaded.delete(oldest);
      return root.catch((thrown: unknown) => {
        loaded.delete(id);
        throw thrown;
      });
    },
  };
}

/** Who asks for keys alone never needs to read a root. */
async function load(content: Uint8Array, subject: string): Promise<TrustedRoot> {
  const { loadTrustedRoot } = await import('../proof/trusted-root.ts');
  return loadTrustedRoot(content, subject);
}
