import {
  type DeliveryPlace,
  type DesiredState,
  type Kustomization,
  requireSecret,
  secretValues,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { GivenKubeconfig, PlaceOpener } from './place-opener.ts';

/** A place, with what it takes to get there. */
export interface ResolvedPlace {
  readonly place: DeliveryPlace;
  /** Address of its API server: objects of one name in clusters of two addresses are two objects. */
  readonly cluster: string;
  /** Absent: the cluster of the site. */
  readonly kubeconfig: GivenKubeconfig | undefined;
}

/** What is asked of a place. */
export interface PlaceQuestion {
  /** Of the delivery: Secrets and accounts are looked for beside it and nowhere else. */
  readonly namespace: string;
  readonly account: string | undefined;
  readonly secretRef: { readonly name: string; readonly key?: string | undefined } | undefined;
}

type Opener = Pick<PlaceOpener, 'server' | 'serverOf'>;

/** Keys of a Secret that hold a kubeconfig where the delivery names none, the first that is there: as Flux has it. */
const usualKeys = ['value', 'value.yaml'];

/** @throws SealiftError OBJECT_NOT_FOUND, CONFIG_INVALID, CONFIG_UNSUPPORTED. */
export function resolvePlace(
  { namespace, account, secretRef }: PlaceQuestion,
  desired: DesiredState,
  opener: Opener,
): ResolvedPlace {
  const as = account === undefined ? {} : { account };
  if (secretRef === undefined) return { place: as, cluster: opener.server, kubeconfig: undefined };
  const { name, key } = secretRef;
  const subject = `Secret/${namespace}/${name}`;
  const values = secretValues(requireSecret(desired, namespace, name));
  const keys = key === undefined ? usualKeys : [key];
  const found = keys.find((one) => Object.hasOwn(values, one));
  if (found === undefined) {
    const detail = `expected a kubeconfig under the key ${keys.join(' or ')}, got none`;
    throw new SealiftError('CONFIG_INVALID', subject, detail);
  }
  const kubeconfig = { subject, text: values[found] ?? '' };
  const server = opener.serverOf(kubeconfig);
  const kubeConfig = { name, ...(key === undefined ? {} : { key }), server };
  return { place: { kubeConfig, ...as }, cluster: server, kubeconfig };
}

/** What the spec of a delivery asks for. */
export function placeQuestion(
  { metadata, spec }: Kustomization,
  defaultAccount: string | undefined,
): PlaceQuestion {
  const { namespace } = metadata;
  return {
    namespace,
    account: spec.serviceAccountName ?? defaultAccount,
    secretRef: spec.kubeConfig?.secretRef,
  };
}

/** What leads back to where a delivery went. */
export function formerQuestion(namespace: string, { kubeConfig, account }: DeliveryPlace): PlaceQuestion {
  return { namespace, account, secretRef: kubeConfig };
}

/** Work of deliveries that go to other clusters is kept apart by this. Empty: the cluster of the site. */
export function laneOf({ namespace, secretRef }: Omit<PlaceQuestion, 'account'>): string {
  return secretRef === undefined ? '' : `Secret/${namespace}/${secretRef.name}#${secretRef.key ?? ''}`;
}
