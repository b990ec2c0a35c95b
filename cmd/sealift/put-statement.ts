import { attachStatement, type BundleSigner, type SignedStatement } from '../../src/verify/index.ts';
import type { Annotations } from './annotations-option.ts';
import { openSignable } from './open-artifact.ts';
import { type SignedResult, signedResult } from './signed-result.ts';

/** What is signed about what a reference names, and by whom. */
export interface StatementRequest {
  /** `oci://HOST/REPOSITORY` or `oci-layout:DIRECTORY`, with a tag or digest. */
  readonly reference: string;
  readonly insecure: boolean;
  readonly signer: BundleSigner;
  /** Signed with the digest. */
  readonly annotations: Annotations;
}

/** Signs a statement about what a reference names now, by its digest, and puts it beside those that are there. */
export async function putStatement(
  { reference, insecure, signer, annotations }: StatementRequest,
  stateOf: (digest: string) => SignedStatement,
  signal: AbortSignal,
): Promise<SignedResult> {
  const { store, manifest, reference: named, close } = await openSignable(reference, insecure, signal);
  try {
    const { digest } = manifest;
    const statement = stateOf(digest);
    const placed = { subject: manifest, statement, signer, created: new Date() };
    const attached = await attachStatement(store, placed, signal);
    const { predicateType } = statement;
    return signedResult({ reference: named, digest, predicateType, annotations }, attached);
  } finally {
    await close();
  }
}
