import type { LookBudget } from './look-budget.ts';

/**
 * A JSON value whose every look at a member is counted, however deep: lists inside lists multiply, and a predicate is as long as its author
 * likes. The value itself is not copied.
 */
export function metered(value: unknown, budget: LookBudget): unknown {
  const wrap = (member: unknown): unknown => {
    budget.spend(1);
    budget.spendOn(member);
    return typeof member === 'object' && member !== null ? new Proxy(member, traps) : member;
  };
  const traps: ProxyHandler<object> = {
    get: (target, key) => wrap(Reflect.get(target, key)),
    ownKeys: (target) => {
      const keys = Reflect.ownKeys(target);
      budget.spend(keys.length);
      return keys;
    },
  };
  return wrap(value);
}
