import { type Clock, knownKind, SealiftError, withSignal } from '../../../core/index.ts';
import type { KindRef, KubernetesClient, LiveMetadata, LiveObject } from '../client/client.ts';

type Kind = Pick<KindRef, 'group' | 'kind'>;

interface Answer {
  /** On the monotonic clock. */
  readonly at: number;
  readonly isGone: Promise<boolean>;
}

/** Milliseconds for which an answer holds: all objects of a kind are looked at in one pass. */
const holdsMs = 5_000;

const definitions = knownKind('definition');
const services = knownKind('apiService');

/** On the APIServices that the server makes by itself: https://pkg.go.dev/k8s.io/kube-aggregator/pkg/controllers/autoregister */
const automanaged = 'kube-aggregator.kubernetes.io/automanaged';

/**
 * Says of kinds that are not served whether nothing defines them any more, so that their objects are gone: neither a CustomResourceDefinition nor
 * another server behind an APIService. One that is just not served has objects still.
 */
export class KindsGone {
  readonly #client: KubernetesClient;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>();

  constructor(client: KubernetesClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** False where nobody may look. @throws SealiftError of a TARGET_ code. */
  has({ group, kind }: Kind, signal: AbortSignal): Promise<boolean> {
    const key = `${group}/${kind}`;
    const now = this.#clock.monotonic();
    const known = this.#answers.get(key);
    if (known !== undefined && now - known.at < holdsMs) return withSignal(known.isGone, signal);
    // Asked for all who want to know: it ends with the client, not with one of them.
    const isGone = this.#look({ group, kind }, new AbortController().signal);
    this.#answers.set(key, { at: now, isGone });
    isGone.catch(() => this.#answers.delete(key));
    return withSignal(isGone, signal);
  }

  async #look(kind: Kind, signal: AbortSignal): Promise<boolean> {
    try {
      const defined = await this.#inGroup(definitions, kind.group, signal);
      const served = await this.#inGroup(services, kind.group, signal);
      // A server that does not say what it has may have anything.
      if (defined === undefined || served === undefined) return false;
      if (served.some(({ labels }) => labels?.[automanaged] === undefined)) return false;
      return !(await this.#isAmong(defined, kind, signal));
    } catch (thrown) {
      if (thrown instanceof SealiftError && thrown.code === 'TARGET_FORBIDDEN') return false;
      throw thrown;
    }
  }

  async #isAmong(defined: readonly LiveMetadata[], { kind }: Kind, signal: AbortSignal): Promise<boolean> {
    for (const { name } of defined) {
      const definition = await this.#client.get({ ...definitions, namespace: '', name }, signal);
      if (definition !== undefined && kindOf(definition) === kind) return true;
    }
    return false;
  }

  /** Both are named `WHAT.GROUP`. */
  async #inGroup(
    kind: KindRef,
    group: string,
    signal: AbortSignal,
  ): Promise<readonly LiveMetadata[] | undefined> {
    const resource = await this.#client.resourceOf(kind, signal);
    if (resource === undefined) return undefined;
    const found: LiveMetadata[] = [];
    for await (const { items } of this.#client.listMetadata(resource, {}, signal))
      found.push(...items.filter(({ name }) => name.slice(name.indexOf('.') + 1) === group));
    return found;
  }
}

/** The server has validated it. */
function kindOf(definition: LiveObject): string {
  const { names } = definition['spec'] as { readonly names: { readonly kind: string } };
  return names.kind;
}
