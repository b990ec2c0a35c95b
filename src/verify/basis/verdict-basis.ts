import { createHash } from 'node:crypto';
import {
  allowUnsignedAnnotation,
  type DesiredState,
  findNamed,
  type OciRepository,
  secretValues,
  type VerificationPolicy,
} from '../../api/index.ts';
import { matches } from '../policy/matches.ts';
import { defaultRoot } from '../policy/trusted-roots.ts';

/** Id of the trusted root that a site has stored under a name; `undefined` when there is none. */
export type RootId = (name: string) => string | undefined;

/** Changes with the rules by which verdicts are made, so that those of an older program are judged again. */
const rules = 'sealift verdict 2';

/** Entries of Secrets that verdicts rest on. All of them are public; a hash of anything else would be a hint at a password. */
const publicEntry = /\.(?:pub|crt|pem)$|^trusted_root\.json$/;

/**
 * Hash of everything but time and evidence that a verdict on this source rests on: the policies that match it, whole, its `spec.verify`, the
 * public entries of the Secrets and the ids of the trusted roots that these name. A change of anything else leaves it as it is. Never throws:
 * what cannot be told apart counts as matching.
 */
export function verdictBasis(source: OciRepository, desired: DesiredState, rootId: RootId): string {
  const { text, roots } = restingOn(source, desired);
  const ids = roots.map((root) => [root, rootId(root) ?? null]);
  return createHash('sha256')
    .update(JSON.stringify([text, ids]))
    .digest('hex');
}

/** Names of the stored trusted roots that a verdict on this source may rest on. */
export function rootsOf(source: OciRepository, desired: DesiredState): readonly string[] {
  return restingOn(source, desired).roots;
}

interface Resting {
  /** All but the trusted roots. */
  readonly text: string;
  readonly roots: readonly string[];
}

/** Configurations are never changed in place, and each is asked for many times. */
const known = new WeakMap<DesiredState, WeakMap<OciRepository, Resting>>();

function restingOn(source: OciRepository, desired: DesiredState): Resting {
  const bySource = known.get(desired) ?? new WeakMap<OciRepository, Resting>();
  known.set(desired, bySource);
  const resting = bySource.get(source) ?? findResting(source, desired);
  bySource.set(source, resting);
  return resting;
}

function findResting(source: OciRepository, desired: DesiredState): Resting {
  const policies = desired.policies.filter((policy) => isAbout(policy, source));
  const { name, namespace, annotations } = source.metadata;
  const named = new Names();
  for (const { metadata, spec } of policies) {
    named.collect(spec, metadata.namespace);
    if (spec.authorities.some(takesDefaultRoot)) named.addRoot(defaultRoot.name);
  }
  const { verify } = source.spec;
  named.collect(verify, namespace);
  if (verify !== undefined && verify.secretRef === undefined) named.addRoot(defaultRoot.name);
  const basis = [
    rules,
    [namespace, name, source.spec.url],
    annotations[allowUnsignedAnnotation] ?? null,
    verify ?? null,
    // Where there are policies and none matches, the answer is no.
    desired.policies.length > 0,
    policies.map(({ metadata, spec }) => [metadata.namespace, metadata.name, spec]),
    named.secrets.map((secret) => [...secret, publicEntries(desired, secret)]),
  ];
  const text = createHash('sha256').update(JSON.stringify(basis)).digest('hex');
  return { text, roots: named.roots };
}

function isAbout(policy: VerificationPolicy, source: OciRepository): boolean {
  try {
    return matches(policy, source);
  } catch {
    return true;
  }
}

/** Keys alone ask for no trusted root; whatever else names none means that of the public-good instance. */
function takesDefaultRoot({ key, keyless, certificate, logs = 0, timestamps = 0 }: Authority): boolean {
  const named = (key ?? keyless ?? certificate)?.trustedRoot;
  return named === undefined && (keyless !== undefined || logs + timestamps > 0);
}

type Authority = VerificationPolicy['spec']['authorities'][number];
type SecretName = readonly [namespace: string, name: string];

function publicEntries(desired: DesiredState, [namespace, name]: SecretName): readonly unknown[] | null {
  const secret = findNamed(desired.secrets, namespace, name);
  if (secret === undefined) return null;
  return Object.entries(secretValues(secret))
    .filter(([entry]) => publicEntry.test(entry))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Secrets and trusted roots that a policy or `spec.verify` names, wherever it names them: a field to come is not forgotten here. */
class Names {
  readonly #secrets = new Map<string, SecretName>();
  readonly #roots = new Set<string>();

  addRoot(name: string): void {
    this.#roots.add(name);
  }

  collect(value: unknown, namespace: string): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [field, inner] of Object.entries(value)) {
      const name = nameOf(inner);
      if (name !== undefined && /secretref$/i.test(field))
        this.#secrets.set(`${namespace}/${name}`, [namespace, name]);
      else if (name !== undefined && field === 'trustedRoot') this.#roots.add(name);
      this.collect(inner, namespace);
    }
  }

  get secrets(): readonly SecretName[] {
    return [...this.#secrets.values()];
  }

  get roots(): readonly string[] {
    return [...this.#roots].sort();
  }
}

function nameOf(value: unknown): string | undefined {
  const name = (value as { readonly name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}
