import {
  type DeliveryPlace,
  type DesiredState,
  type Kustomization,
  requireConfigMap,
  requireSecret,
  secretValues,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { GivenAccess, PlaceOpener } from './place-opener.ts';

/** A place, with what it takes to get there. */
export interface ResolvedPlace {
  readonly place: DeliveryPlace;
  /** Address of its API server: objects of one name in clusters of two addresses are two objects. */
  readonly cluster: string;
  /** Absent: the cluster of the site. */
  readonly access: GivenAccess | undefined;
}

/** The Secret or ConfigMap that says how to reach another cluster. */
type KubeConfigRef = Omit<NonNullable<DeliveryPlace['kubeConfig']>, 'server'>;

/** What is asked of a place. */
export interface PlaceQuestion {
  /** Of the delivery: Secrets, ConfigMaps and accounts are looked for beside it and nowhere else. */
  readonly namespace: string;
  readonly account: string | undefined;
  readonly kubeConfig: KubeConfigRef | undefined;
}

type Opener = Pick<PlaceOpener, 'server' | 'serverOf'>;

/** Keys of a Secret that hold a kubeconfig where the delivery names none, the first that is there: as Flux has it. */
const usualKeys = ['value', 'value.yaml'];

/** @throws SealiftError OBJECT_NOT_FOUND, CONFIG_INVALID, CONFIG_UNSUPPORTED. */
export function resolvePlace(
  { namespace, account, kubeConfig }: PlaceQuestion,
  desired: DesiredState,
  opener: Opener,
): ResolvedPlace {
  const as = account === undefined ? {} : { account };
  if (kubeConfig === undefined) return { place: as, cluster: opener.server, access: undefined };
  const { kind, name, key } = kubeConfig;
  const access = givenAccess(namespace, kubeConfig, desired);
  const server = opener.serverOf(access);
  const ref = { ...(kind && { kind }), name, ...(key === undefined ? {} : { key }), server };
  return { place: { kubeConfig: ref, ...as }, cluster: server, access };
}

function givenAccess(namespace: string, ref: KubeConfigRef, desired: DesiredState): GivenAccess {
  const subject = givenSubject(namespace, ref);
  if (ref.kind === 'ConfigMap') {
    const { data } = requireConfigMap(desired, namespace, ref.name);
    return { kind: 'config-map', subject, namespace, data };
  }
  const values = secretValues(requireSecret(desired, namespace, ref.name));
  const keys = ref.key === undefined ? usualKeys : [ref.key];
  const found = keys.find((one) => Object.hasOwn(values, one));
  if (found !== undefined) return { kind: 'kubeconfig', subject, text: values[found] ?? '' };
  const detail = `expected a kubeconfig under the key ${keys.join(' or ')}, got none`;
  throw new SealiftError('CONFIG_INVALID', subject, detail);
}

/** `Secret/NAMESPACE/NAME`, or the same of a ConfigMap. */
export function givenSubject(namespace: string, { kind, name }: KubeConfigRef): string {
  return `${kind ?? 'Secret'}/${namespace}/${name}`;
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
    kubeConfig: askedKubeConfig(spec),
  };
}

/** What leads to the cluster that a spec names. Absent: that of the site. */
export function askedKubeConfig({ kubeConfig }: Kustomization['spec']): KubeConfigRef | undefined {
  const { secretRef, configMapRef } = kubeConfig ?? {};
  if (configMapRef !== undefined) return { kind: 'ConfigMap', name: configMapRef.name };
  if (secretRef === undefined) return undefined;
  const { name, key } = secretRef;
  return { name, ...(key === undefined ? {} : { key }) };
}

/** What leads back to where a delivery went. */
export function formerQuestion(namespace: string, { kubeConfig, account }: DeliveryPlace): PlaceQuestion {
  return { namespace, account, kubeConfig };
}

/** Work of deliveries that go to other clusters is kept apart by this. Empty: the cluster of the site. */
export function laneOf({ namespace, kubeConfig }: Omit<PlaceQuestion, 'account'>): string {
  return kubeConfig === undefined ? '' : `${givenSubject(namespace, kubeConfig)}#${kubeConfig.key ?? ''}`;
}
