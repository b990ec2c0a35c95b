import { createPublicKey } from 'node:crypto';
import type { SignedEntity } from '@sigstore/verify';
import { maxLogEntries, maxTimestamps } from '../evidence/bundle-schema.ts';
import { Refused } from '../evidence/refused.ts';
import { askedEvidence, requireRoot } from './asked-evidence.ts';
import type { CertificateAuthority, KeyAuthority, TimeRule } from './authority.ts';
import { checkByLibrary, type LibraryCheck } from './library-check.ts';
import { type LoggedSignature, readLoggedSignature, requireSignerOf } from './logged-signature.ts';
import type { Proof } from './proof.ts';
import { contains, isoTime, requirePast } from './proven-time.ts';
import type { Signer } from './signer.ts';
import type { Stamp } from './stamp-time.ts';
import type { TrustedMember, TrustedRoot } from './trusted-root.ts';

export interface EvidenceCheck extends LibraryCheck {
  readonly time: TimeRule;
  /** The site's trusted now, in milliseconds since the epoch. */
  readonly now: number;
}

/** `times`: earliest first. `logsUntil`: as in `Proof`. */
export type CheckedEvidence = Pick<Proof, 'times' | 'logsUntil'>;

/**
 * What logs and timestamp authorities of the trusted root say about a claim, as far as it is asked for; every one of it has to hold.
 * @throws Refused LOG_ENTRY_INVALID, TIMESTAMP_INVALID, TIME_UNPROVEN, CERTIFICATE_INVALID, SIGNATURE_KEY_UNKNOWN.
 */
export function checkEvidence(check: EvidenceCheck): CheckedEvidence {
  const entries = askedEntries(check);
  requirePresence(check, entries);
  for (const entry of entries) requireSignerOf(entry, check.signer);
  const stamps = stampsOf(checkByLibrary(check), check.root);
  const promises = entries.flatMap(({ promisedAt }) => promisedAt ?? []);
  const moments = [...promises, ...stamps.map(({ at }) => at)];
  const logs = entries.map((entry) => logOf(entry, check.root, moments.length === 0 ? [check.now] : moments));
  const { time } = check;
  requireOperators('LOG_ENTRY_INVALID', 'logs', time.logs, logs);
  requireOperators('TIMESTAMP_INVALID', 'timestamp authorities', time.timestamps, stamps);
  const times = [
    ...logs.flatMap(({ at, by }) =>
      at === undefined ? [] : [{ by: 'log', operator: labelOf(by), at } as const],
    ),
    ...stamps.map(({ at, by }) => ({ by: 'timestamp', operator: labelOf(by), at }) as const),
  ];
  requirePast(times, check.now);
  return { times: times.sort((a, b) => a.at - b.at), ...(moments.length === 0 ? endOf(logs) : {}) };
}

/** A window includes its last millisecond. */
function endOf(logs: readonly Witness<unknown>[]): Pick<Proof, 'logsUntil'> {
  const end = Math.min(...logs.map(({ by: { notAfter = Number.POSITIVE_INFINITY } }) => notAfter + 1));
  return Number.isFinite(end) ? { logsUntil: end } : {};
}

/** What is asked for by an authority whose signers no trusted root certifies; nothing where it asks for nothing. @throws as `checkEvidence`. */
export function checkAsked(
  authority: KeyAuthority | CertificateAuthority,
  signer: Signer,
  given: Pick<EvidenceCheck, 'claim' | 'now'>,
): CheckedEvidence {
  const asked = askedEvidence(authority);
  if (!(asked.logs || asked.timestamps)) return { times: [] };
  const root = requireRoot(authority.trustedRoot);
  return checkEvidence({ ...given, asked, root, time: authority.time, signer, issuedByRoot: false });
}

/** Somebody of the trusted root whose word holds, and when they gave it. */
interface Witness<At> {
  readonly by: TrustedMember;
  readonly at: At;
}

function askedEntries({ claim, asked }: EvidenceCheck): readonly LoggedSignature[] {
  const { logEntries, timestamps } = claim.evidence;
  requireFew('log entries', logEntries, maxLogEntries);
  requireFew('timestamps', timestamps, maxTimestamps);
  return asked.logs ? logEntries.map(readLoggedSignature) : [];
}

/** The reader of bundles holds these too; here they hold for whoever reads evidence. */
function requireFew(what: string, { length }: readonly unknown[], limit: number): void {
  if (length <= limit) return;
  throw new Refused('SIGNATURE_MALFORMED', `expected at most ${limit} ${what}, got ${length}`);
}

/** Says what is missing before the library, which counts all kinds of times as one, has to. */
function requirePresence(
  { claim, asked, time, issuedByRoot }: EvidenceCheck,
  entries: readonly LoggedSignature[],
): void {
  const stamps = asked.timestamps ? claim.evidence.timestamps.length : 0;
  if (time.logs > 0 && entries.length === 0) {
    throw new Refused('LOG_ENTRY_INVALID', `expected an entry in a transparency log, got none`);
  }
  if (time.timestamps > 0 && stamps === 0) {
    throw new Refused('TIMESTAMP_INVALID', `expected an RFC 3161 timestamp, got none`);
  }
  const isTimed = stamps > 0 || entries.some(({ promisedAt }) => promisedAt !== undefined);
  if (issuedByRoot && !isTimed) {
    const got = entries.length > 0 ? 'a log entry without time' : 'neither';
    throw new Refused(
      'TIME_UNPROVEN',
      `expected a log entry with its time, or an RFC 3161 timestamp, got ${got}`,
    );
  }
}

/** The log of an entry, while its key was in use: of entries without promise the library does not look at that. */
function logOf(
  { logId, promisedAt }: LoggedSignature,
  { logs }: TrustedRoot,
  moments: readonly number[],
): Witness<number | undefined> {
  const times = promisedAt === undefined ? moments : [promisedAt];
  const named = logs.filter((log) => log.logId.equals(logId));
  const by = named.find((log) => times.every((at) => contains(log, at)));
  if (by !== undefined) return { by, at: promisedAt };
  const got = `one of ${named[0]?.url ?? 'an unknown log'} at ${times.map(isoTime).join(', ')}`;
  throw new Refused('LOG_ENTRY_INVALID', `expected an entry of a log in the window of its key, got ${got}`);
}

function stampsOf({ timestamps, signature }: SignedEntity, root: TrustedRoot): readonly Witness<number>[] {
  return timestamps.flatMap((entry) => {
    if (entry.$case !== 'timestamp-authority') return [];
    const at = entry.timestamp.signingTime.getTime();
    return [{ by: authorityOf(entry.timestamp, signature.signature, root), at }];
  });
}

/** Whose timestamp it is, of the authorities of the root: one that the library accepted, found by its key. */
function authorityOf(stamp: Stamp, stamped: Buffer, root: TrustedRoot): TrustedMember {
  const by = root.timestampAuthorities.find((member, index) => {
    const spki = root.material.timestampAuthorities[index]?.certChain[0]?.publicKey ?? Buffer.alloc(0);
    return contains(member, stamp.signingTime.getTime()) && isStampOf(stamp, stamped, spki);
  });
  if (by !== undefined) return by;
  throw new Refused(
    'TIMESTAMP_INVALID',
    'expected a timestamp by an authority of the trusted root, got another one',
  );
}

function isStampOf(stamp: Stamp, stamped: Buffer, spki: Buffer): boolean {
  try {
    stamp.verify(stamped, createPublicKey({ key: spki, format: 'der', type: 'spki' }));
    return true;
  } catch {
    return false;
  }
}

/** Two logs of one operator are one witness (CVE-2026-49834); members whose operator the root does not name may be of one, so they are. */
function requireOperators(
  code: 'LOG_ENTRY_INVALID' | 'TIMESTAMP_INVALID',
  what: string,
  expected: number,
  witnesses: readonly Witness<unknown>[],
): void {
  const operators = new Set(witnesses.map(({ by }) => by.operator));
  if (operators.size >= expected) return;
  const got = `${operators.size} (${[...operators].map((operator) => operator || 'not named').join(', ')})`;
  throw new Refused(code, `expected ${what} of ${expected} different operators, got ${got}`);
}

/** Who, and where the root does not say who: where. */
function labelOf({ operator, url }: TrustedMember): string {
  if (operator !== '') return operator;
  return URL.canParse(url) ? new URL(url).host : url;
}
