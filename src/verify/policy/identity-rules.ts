import { extensionOid, type PolicyIdentity } from '../../api/index.ts';
import type { IdentityRule, TextRule } from '../proof/identity-rule.ts';
import { exactly, matching, textRule } from './text-rules.ts';

/** An identity as a policy writes it; the schema has seen to it that each text is given once, and that each extension is one. */
type WrittenIdentity = Omit<PolicyIdentity, 'issuer' | 'issuerPattern'> &
  Partial<Pick<PolicyIdentity, 'issuer' | 'issuerPattern'>>;

/** What a subject that is not given would match. */
const nobody: TextRule = { written: 'nobody', matches: () => false };

/** @throws SealiftError CONFIG_INVALID. */
export function readIdentity(identity: WrittenIdentity, place: string): IdentityRule {
  const issuer = textRule(identity.issuer, identity.issuerPattern, `${place}.issuerPattern`);
  const subject = textRule(identity.subject, identity.subjectPattern, `${place}.subjectPattern`);
  const exact = Object.entries(identity.extensions).map(
    ([name, text]) => [oidOf(name), exactly(text)] as const,
  );
  const patterns = Object.entries(identity.extensionPatterns).map(
    ([name, pattern]) => [oidOf(name), matching(pattern, `${place}.extensionPatterns.${name}`)] as const,
  );
  return {
    ...(issuer === undefined ? {} : { issuer }),
    subject: subject ?? nobody,
    extensions: merged([...exact, ...patterns]),
  };
}

/** No certificate has an extension of another name. */
function oidOf(name: string): string {
  return extensionOid(name) ?? name;
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
