import type { Refusal } from '../../src/api/index.ts';
import { printable } from '../../src/observe/index.ts';
import type { AskedAuthority, FoundEvidence } from '../../src/verify/index.ts';
import type { PolicyDocument, SignerDocument, VerificationDocument } from './verification-document.ts';

type Lines = readonly string[];

const indented = (lines: Lines): Lines => lines.map((line) => `  ${line}`);

/** A heading, and what belongs to it on lines of its own. */
function under(heading: string, lines: Lines): Lines {
  return lines.length === 0 ? [] : [heading, ...indented(lines)];
}

function statesOf({ states }: FoundEvidence): string {
  switch (states) {
    case undefined:
      return 'unreadable';
    case 'signature':
      return 'a signature';
    case 'message':
      return 'a signature of plain bytes';
    default:
      return `an attestation of type ${states.predicateType}`;
  }
}

function foundLines({ found, policies }: VerificationDocument): Lines {
  const isAsked = policies.some(({ asked }) => asked.threshold > 0 || asked.attestations.length > 0);
  if (!isAsked) return ['found     not looked for: no policy here asks for anything'];
  if (found.length === 0) return ['found     nothing beside it'];
  return under(
    `found     ${found.length}, by their own word:`,
    found.map((evidence) => `${evidence.evidence} (${evidence.format}) ${statesOf(evidence)}`),
  );
}

const counted = (count: number, one: string): string => (count === 1 ? `a ${one}` : `${count} ${one}s`);

function timeOf({ kind, time: { logs, timestamps } }: AskedAuthority): string {
  const wanted = [
    ...(kind === 'keyless' ? ['a certificate of the trusted root'] : []),
    ...(logs > 0 ? [`an entry in ${counted(logs, 'log')}`] : []),
    ...(timestamps > 0 ? [counted(timestamps, 'timestamp')] : []),
  ];
  return wanted.length === 0 ? '' : `, with ${wanted.join(', ')}`;
}

function askedLines({ asked: { threshold, formats, authorities, attestations } }: PolicyDocument): Lines {
  const who = authorities.flatMap((authority) =>
    under(
      `${authority.name}${timeOf(authority)}:`,
      authority.who.map((one) => `${authority.kind === 'key' ? 'key' : 'identity'} ${one}`),
    ),
  );
  const of = threshold === authorities.length && threshold > 1 ? 'each of' : 'any of';
  const heading = `asks for  ${counted(threshold, 'signature')} (${formats.join(' or ')}) by ${of}:`;
  return [
    ...(threshold > 0 ? under(heading, who) : ['asks for  no signature']),
    ...attestations.flatMap(({ name, predicateType, authorities: by, rules }) => [
      `asks for  an attestation ${name} of type ${predicateType} by ${by.join(' or ')}`,
      ...indented(indented(rules.map((rule) => `that holds to: ${rule}`))),
    ]),
  ];
}

function signerName({ identity, keyId }: SignerDocument): string {
  return identity === undefined ? `key ${keyId}` : `${identity.subject}, by the word of ${identity.issuer}`;
}

function provenTimes({ times }: SignerDocument): Lines {
  if (times.length === 0) return ['at a time that nothing proves'];
  return times.map(
    ({ by, operator, at }) =>
      `at ${at}, proven by ${by === 'log' ? 'log' : 'timestamp authority'} ${operator}`,
  );
}

function acceptedLines(signer: SignerDocument): Lines {
  const what = signer.predicateType === undefined ? 'signed' : `attested ${signer.predicateType}`;
  return under(`accepted  ${signer.evidence} (${signer.format})`, [
    `${what} by ${signer.authority}: ${signerName(signer)}`,
    ...provenTimes(signer),
    ...Object.entries(signer.annotations).map(([name, value]) => `stating ${name}=${value}`),
  ]);
}

function refusalLine({ code, subject, detail }: Refusal): string {
  return `${code} ${subject}: ${detail}`;
}

/** Of a candidate that nobody stands for, every reason once. What was attested without being asked for is only counted. */
function refusedLines({ candidates, satisfiedBy }: PolicyDocument): Lines {
  const open = candidates.filter(
    ({ evidence }) => !satisfiedBy.some((signer) => signer.evidence === evidence),
  );
  const unasked = open.filter(({ attempts }) => attempts.every(isUnasked));
  const lines = open.flatMap(({ evidence, attempts }) => {
    if (attempts.every(isUnasked)) return [];
    const reasons = attempts.flatMap((attempt) =>
      'refusal' in attempt
        ? [
            `${attempt.authority === undefined ? '' : `${attempt.authority}: `}${attempt.refusal.code}: ${attempt.refusal.detail}`,
          ]
        : [],
    );
    return under(`refused   ${evidence}`, [...new Set(reasons)]);
  });
  return unasked.length === 0
    ? lines
    : [...lines, `beside    ${counted(unasked.length, 'statement')} that it does not ask for`];
}

/** An attestation is no signature, and no fault of the artifact. */
function isUnasked(attempt: PolicyDocument['candidates'][number]['attempts'][number]): boolean {
  return 'refusal' in attempt && attempt.refusal.code === 'SIGNATURE_WRONG_TYPE';
}

function policyLines(policy: PolicyDocument): Lines {
  const mode = policy.mode === 'warn' ? ' (mode warn)' : '';
  const told = policy.candidates.map(({ evidence }) => evidence);
  const missing = policy.refusals.filter(({ subject }) => !told.includes(subject));
  return [
    '',
    `${policy.name}${mode} ${policy.holds ? 'holds' : 'does not hold'}`,
    ...indented([
      ...askedLines(policy),
      ...policy.satisfiedBy.flatMap(acceptedLines),
      ...refusedLines(policy),
      ...missing.map((refusal) => `missing   ${refusalLine(refusal)}`),
      ...policy.notes.map((note) => `note      ${refusalLine(note)}`),
    ]),
  ];
}

/** Where every policy is content with who signed, the reason stands in none of them: too old, or meant for others. */
function refusedAsAWhole({ policies, code, detail }: VerificationDocument): string {
  const isTold = policies.length === 0 || policies.some(({ holds }) => !holds);
  return isTold ? `refused: ${code}` : `refused: ${code}: ${detail}`;
}

function conclusion(document: VerificationDocument): Lines {
  const { verdict, policies, validUntil, warnings } = document;
  const end = validUntil === undefined ? '' : `, until ${validUntil}`;
  const conclusions = {
    accepted: `accepted: ${policies.length === 1 ? 'the policy holds' : `${policies.length} policies, all enforced ones hold`}${end}`,
    'not-required': 'not required: nobody has to have signed it',
    refused: refusedAsAWhole(document),
  };
  return ['', ...warnings.map((warning) => `warning: ${refusalLine(warning)}`), conclusions[verdict]];
}

/** Explains a verification to a person: what was found, what each policy asked, what satisfied it, and what came of it. */
export function formatVerification(document: VerificationDocument): string {
  const lines = [
    document.reference,
    ...indented(foundLines(document)),
    ...document.policies.flatMap(policyLines),
    ...conclusion(document),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
