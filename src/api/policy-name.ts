import type { VerificationPolicy } from './verification-policy.ts';

/** A policy in verdicts, floors and messages: `VerificationPolicy/NAMESPACE/NAME`, since two namespaces may have policies of one name. */
export function policyName({ metadata }: Pick<VerificationPolicy, 'metadata'>): string {
  return `VerificationPolicy/${metadata.namespace}/${metadata.name}`;
}
