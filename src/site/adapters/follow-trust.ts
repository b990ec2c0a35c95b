import { asSealiftError } from '../../core/index.ts';
import { watchConfiguration } from './configuration-directory.ts';
import { makeTrustDirectory } from './trust-files.ts';
import type { TrustLook, TrustStore } from './trust-store.ts';

function lookAt(store: TrustStore, directory: string): TrustLook {
  try {
    return store.look();
  } catch (thrown) {
    return { changes: [], faults: [asSealiftError(thrown, directory)] };
  }
}

/** Tells whatever becomes of the trusted roots of a site, until the signal aborts; faults once, until they are others. */
export async function followTrust(
  directory: string,
  store: TrustStore,
  tell: (news: TrustLook) => void,
  signal: AbortSignal,
): Promise<void> {
  makeTrustDirectory(directory);
  let told = '';
  const look = (): void => {
    if (signal.aborted) return;
    const { changes, faults } = lookAt(store, directory);
    const text = faults.map(({ message }) => message).join('\n');
    const news = { changes, faults: text === told ? [] : faults };
    told = text;
    if (news.changes.length + news.faults.length > 0) tell(news);
  };
  await watchConfiguration(directory, look, signal);
}
