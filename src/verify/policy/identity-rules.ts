import { extensionOid, type PolicyIdentity } from '../../api/index.ts';
import type { IdentityRule, TextRule } from '../proof/identity-rule.ts';
import { exactly, matching } from './text-rules.ts';

/** An identity as a policy writes it; the schema has seen to it that each text is given once. */
type WrittenIdentity = Omit<PolicyIdentity, 'issuer' | 'issuerPattern'> &
  Partial<Pick<PolicyIdentity, 'issuer' | 'issuerPattern'>>;

/** @throws SealiftError CONFIG_INVALID. */
export function readIdentity(identity: WrittenIdentity, place: string): IdentityRule {
  const issuer = textRule(identity.issuer, identity.issuerPattern, `${place}.issuer`);
  const subject = textRule(identity.subject, identity.subjectPattern, `${place}.subject`);
  if (subject === undefined) throw new RangeError(`${place}: expected a subject`);
  const exact = Object.entries(identity.extensions).map(
    ([name, text]) => [oidOf(name, place), exactly(text)] as const,
  );
  const patterns = Object.entries(identity.extensionPatterns).map(
    ([name, pattern]) =>
      [oidOf(name, place), matching(pattern, `${place}.extensionPatterns.${name}`)] as const,
  );
  return {
    ...(issuer === undefined ? {} : { issuer }),
    subject,
    extensions: merged([...exact, ...patterns]),
  };
}

function textRule(
  text: string | undefined,
  pattern: string | undefined,
  place: string,
): TextRule | undefined {
  if (text !== undefined) return exactly(text);
  return pattern === undefined ? undefined : matching(pattern, `${place}Pattern`);
}

function oidOf(name: string, place: string): string {
  const oid = extensionOid(name);
  if (oid === undefined) throw new RangeError(`${place}: expected an extension, got ${name}`);
  return oid;
}

/** One extension may be named twice, exactly and by pattern, or by name and by number: all of it has to hold. */
function merged(rules: readonly (readonly [string, TextRule])[]): ReadonlyMap<string, TextRule> {
  const all = new Map<string, TextRule>();
  for (const [oid, rule] of rules) {
    const other = all.get(oid);
    all.set(oid, other === undefined ? rule : both(other, rule));
  }
  return all;
}

function both(one: TextRule, other: TextRule): TextRule {
  return {
    written: `${one.written} and ${other.written}`,
    matches: (text) => one.matches(text) && other.matches(text),
  };
}
