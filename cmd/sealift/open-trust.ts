import { join } from 'node:path';
import type { AgentParts } from '../../src/agent/index.ts';
import { asSealiftError, siteSubject } from '../../src/core/index.ts';
import { type TrustLook, type TrustPlaces, TrustStore } from '../../src/site/index.ts';
import { readTrustedRootFile } from '../../src/verify/index.ts';
import { shippedRoots } from './shipped-roots.ts';

/** Where a site keeps its trusted roots. */
export function trustDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'trust');
}

/** Where the trusted roots of a site are, and what makes a file one. */
export function trustPlaces(stateDirectory: string): TrustPlaces {
  return {
    directory: trustDirectory(stateDirectory),
    shipped: shippedRoots,
    check: readTrustedRootFile,
  };
}

/** The trusted roots of a site, and what became of them since an agent looked last. A faulty one is told, and keeps no site from starting. */
export function openTrust(stateDirectory: string): { readonly trust: TrustStore; readonly news: TrustLook } {
  const trust = new TrustStore(trustPlaces(stateDirectory));
  try {
    return { trust, news: trust.look() };
  } catch (thrown) {
    return { trust, news: { changes: [], faults: [asSealiftError(thrown, trustDirectory(stateDirectory))] } };
  }
}

/** Tells what became of the trusted roots, so that it is on record. */
export function tellTrust({ listener, clock }: AgentParts, { changes, faults }: TrustLook): void {
  const about = { subject: siteSubject, at: clock.now() };
  for (const change of changes) listener({ kind: 'trust-changed', ...change, ...about });
  for (const { code, message } of faults)
    listener({ kind: 'failed', stage: 'site', code, message, ...about });
}
