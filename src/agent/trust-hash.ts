import { createHash } from 'node:crypto';
import {
  allowUnsignedAnnotation,
  type DesiredState,
  type OciRepository,
  secretValues,
} from '../api/index.ts';

/** Public keys of the Secrets, nothing else of them: a hash of a password would be a hint. */
function publicKeys(desired: DesiredState): readonly unknown[] {
  return desired.secrets.map((secret) => {
    const keys = Object.entries(secretValues(secret)).filter(([name]) => name.endsWith('.pub'));
    return [secret.metadata.namespace, secret.metadata.name, keys];
  });
}

/** Changes whenever something changes that a verdict on this source rests on. */
export function trustHash(source: OciRepository, desired: DesiredState): string {
  const basis = [
    source.spec.verify ?? null,
    source.metadata.annotations[allowUnsignedAnnotation] ?? null,
    desired.policies.map(({ metadata, spec }) => [metadata, spec]),
    publicKeys(desired),
  ];
  return createHash('sha256').update(JSON.stringify(basis)).digest('hex');
}
