import type { Signer } from '../../api/index.ts';

/** That one authority is satisfied by one signer. */
export type Vote = Pick<Signer, 'authority' | 'keyId' | 'identity'>;

/**
 * How many authorities signed, each by a signer of its own: one key or identity under two names counts once, and so do two keys of one
 * authority. The largest number that the votes allow, so that their order does not matter.
 */
export function countAuthorities(votes: readonly Vote[]): number {
  const signers = namesOfSigners(votes);
  const wanted = new Map<string, Set<string>>();
  votes.forEach(({ authority }, at) => {
    wanted.set(authority, (wanted.get(authority) ?? new Set()).add(signers[at] ?? ''));
  });
  const taken = new Map<string, string>();
  return [...wanted.keys()].filter((authority) => findSigner(authority, { wanted, taken, tried: new Set() }))
    .length;
}

interface Assignment {
  readonly wanted: ReadonlyMap<string, ReadonlySet<string>>;
  /** Signer to the authority it stands for. */
  readonly taken: Map<string, string>;
  readonly tried: Set<string>;
}

/** Finds a signer for an authority, moving others to another of theirs where that frees one: Kuhn's way to a maximum matching. */
function findSigner(authority: string, assignment: Assignment): boolean {
  const { wanted, taken, tried } = assignment;
  for (const signer of wanted.get(authority) ?? []) {
    if (tried.has(signer)) continue;
    tried.add(signer);
    const holder = taken.get(signer);
    if (holder === undefined || findSigner(holder, assignment)) {
      taken.set(signer, authority);
      return true;
    }
  }
  return false;
}

/** One name for everything that shares a key or an identity, through whatever it shares it with. */
function namesOfSigners(votes: readonly Vote[]): readonly string[] {
  const parents = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  };
  for (const vote of votes) {
    const key = rootOf(vote.keyId);
    const identity = vote.identity === undefined ? key : rootOf(identityName(vote.identity));
    if (key !== identity) parents.set(key, identity);
  }
  return votes.map(({ keyId }) => rootOf(keyId));
}

function identityName({ issuer, subject }: NonNullable<Vote['identity']>): string {
  return JSON.stringify([issuer, subject]);
}
