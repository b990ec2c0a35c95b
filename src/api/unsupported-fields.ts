import { SealiftError } from '../core/index.ts';
import type { Kustomization } from './kustomization.ts';
import type { OciRepository } from './oci-repository.ts';

/** A field that is part of Flux's API and that this version cannot honour: refused, because ignoring it would be a lie. */
interface UnsupportedField<T> {
  readonly path: string;
  readonly isSet: (object: T) => boolean;
}

const sourceFields: readonly UnsupportedField<OciRepository>[] = [
  { path: 'spec.provider', isSet: ({ spec }) => spec.provider !== 'generic' },
  { path: 'spec.serviceAccountName', isSet: ({ spec }) => spec.serviceAccountName !== undefined },
  { path: 'spec.certSecretRef', isSet: ({ spec }) => spec.certSecretRef !== undefined },
  { path: 'spec.proxySecretRef', isSet: ({ spec }) => spec.proxySecretRef !== undefined },
  { path: 'spec.verify.provider: notation', isSet: ({ spec }) => spec.verify?.provider === 'notation' },
];

const deliveryFields: readonly UnsupportedField<Kustomization>[] = [
  {
    path: 'spec.decryption.serviceAccountName',
    isSet: ({ spec }) => spec.decryption?.serviceAccountName !== undefined,
  },
  {
    path: 'spec.sourceRef.kind other than OCIRepository',
    isSet: ({ spec }) => spec.sourceRef.kind !== 'OCIRepository',
  },
];

interface Named {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

function refuse<T extends Named>(object: T, fields: readonly UnsupportedField<T>[]): void {
  const set = fields.filter((field) => field.isSet(object)).map((field) => field.path);
  if (set.length === 0) return;
  const { namespace, name } = object.metadata;
  throw new SealiftError(
    'CONFIG_UNSUPPORTED',
    `${object.kind}/${namespace}/${name}`,
    `not supported yet: ${set.join(', ')}`,
  );
}

/** @throws SealiftError CONFIG_UNSUPPORTED naming every field that would have to be ignored. */
export function refuseUnsupportedSource(source: OciRepository): void {
  refuse(source, sourceFields);
}

/** @throws SealiftError CONFIG_UNSUPPORTED naming every field that would have to be ignored. */
export function refuseUnsupportedDelivery(delivery: Kustomization): void {
  refuse(delivery, deliveryFields);
}
