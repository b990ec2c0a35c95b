/** Thrown to end an evaluation that looks at too much. */
class LookedAtTooMuch extends Error {
  override readonly name = 'LookedAtTooMuch';
}

/** Characters that count as one look: comparing and searching text takes time by its length. */
const charactersPerLook = 256;

/** A value whose every look at a member is counted. */
export interface MeteredValue {
  readonly value: unknown;
  /** True once more was looked at than allowed; whatever came of it is worth nothing. */
  isOver(): boolean;
}

/**
 * Counts the looks at members of a JSON value, however deep, and throws beyond `maxLooks`: lists inside lists multiply, and a predicate is
 * as long as its author likes. The value itself is not copied.
 */
export function metered(value: unknown, maxLooks: number): MeteredValue {
  let looks = 0;
  const count = (cost: number): void => {
    looks += cost;
    if (looks > maxLooks) throw new LookedAtTooMuch(`expected at most ${maxLooks} looks`);
  };
  const wrap = (member: unknown): unknown => {
    if (typeof member === 'string') count(1 + Math.floor(member.length / charactersPerLook));
    else count(1);
    return typeof member === 'object' && member !== null ? new Proxy(member, traps) : member;
  };
  const traps: ProxyHandler<object> = {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      return typeof key === 'string' && Object.hasOwn(target, key) ? wrap(member) : member;
    },
    ownKeys: (target) => {
      const keys = Reflect.ownKeys(target);
      count(keys.length);
      return keys;
    },
  };
  return { value: wrap(value), isOver: () => looks > maxLooks };
}
