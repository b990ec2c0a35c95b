import { type ErrorCode, SealiftError } from '../../../../core/index.ts';
import { serverWords } from '../../text/server-words.ts';
import { type ApiStatus, readStatus } from './api-status.ts';

/** An answer that is no success. */
export interface FailedAnswer {
  readonly status: number;
  /** JSON where the answer is, else its text. */
  readonly body: unknown;
  readonly retryAfterMs?: number | undefined;
}

/** What was asked, as far as a message may tell it. */
export interface Asked {
  /** What the errors are about: `ConfigMap/ns/name`, or the server. */
  readonly subject: string;
  /** What a message must not repeat. */
  readonly hidden?: readonly string[] | undefined;
}

interface Failed extends ApiStatus {
  readonly status: number;
}

/** A message that names more fields is not read any more. */
const maxCauses = 10;

/** In the words of the validations of built-in kinds, which have no code for it. */
const changeRefusal =
  /immutable|cannot change roleRef|may not change once set|may not change fields|may not be (changed|modified|updated)/i;

/** All that is said of a JSON patch that does not fit the object: a `test` that failed, a path that is not there. */
const patchRefusal = 'the server rejected our request due to an error in our request';

/** How an apply fails whose object is not of its kind's form, with a status of 500. */
const formRefusal = /^failed to (create typed patch object|convert new object)/;

/** Order matters: a webhook may deny with any status, and with any words after its own. */
const rules: readonly (readonly [ErrorCode, (failed: Failed) => boolean])[] = [
  ['TARGET_ADMISSION_DENIED', isAdmissionRefusal],
  [
    'TARGET_QUOTA',
    ({ status, message }) => status === 403 && /(exceeded|failed|insufficient) quota/.test(message),
  ],
  ['TARGET_NAMESPACE_NOT_READY', isAboutNamespace],
  ['TARGET_UNAUTHENTICATED', ({ status }) => status === 401],
  ['TARGET_FORBIDDEN', ({ status }) => status === 403],
  ['TARGET_KIND_UNKNOWN', ({ status, name }) => status === 404 && name === ''],
  ['TARGET_CHANGED', ({ status }) => status === 404],
  ['TARGET_CONFLICT', ({ status, causes }) => status === 409 && causes.some(isOfManager)],
  ['TARGET_CHANGED', ({ status }) => status === 409],
  ['TARGET_EXPIRED', ({ status }) => status === 410],
  ['TARGET_CHANGED', ({ status, message }) => status === 422 && message === patchRefusal],
  ['TARGET_IMMUTABLE', isChangeRefused],
  ['TARGET_INVALID', ({ message }) => formRefusal.test(message)],
  ['TARGET_INVALID', ({ status }) => status === 400 || status === 413 || status === 422],
  ['TARGET_BUSY', ({ status }) => status === 429 || status === 502 || status === 503],
  [
    'TARGET_TIMEOUT',
    ({ status, reason }) => status === 504 || reason === 'Timeout' || reason === 'ServerTimeout',
  ],
];

/** The error that an answer means, in the server's own words. */
export function apiFailure(answer: FailedAnswer, { subject, hidden }: Asked): SealiftError {
  const status = readStatus(answer.body) ?? unreadable(answer);
  const failed = { ...status, status: answer.status };
  const [code] = rules.find(([, holds]) => holds(failed)) ?? ['TARGET_FAILED' as const];
  const detail = detailOf(failed, hidden);
  return new SealiftError(code, subject, detail || `expected success, got status ${answer.status}`, {
    retryAfterMs: answer.retryAfterMs,
  });
}

/** True where the server says of this very object that it is absent; any other 404 says something else. */
export function saysAbsent({ status, body }: FailedAnswer, plural: string, name: string): boolean {
  const said = status === 404 ? readStatus(body) : undefined;
  return said?.reason === 'NotFound' && said.kind === plural && said.name === name;
}

function unreadable({ status, body }: FailedAnswer): ApiStatus {
  const said = typeof body === 'string' ? body.trim() : '';
  // The page of a proxy is not what the API says.
  const isSentence = said !== '' && !said.startsWith('<');
  const message = `expected success, got status ${status}${isSentence ? `: ${said}` : ''}`;
  return { reason: '', message, kind: '', name: '', causes: [], code: status };
}

function isAboutNamespace({ status, kind, causes }: Failed): boolean {
  return (
    (status === 404 && kind === 'namespaces') ||
    causes.some(({ reason }) => reason === 'NamespaceTerminating')
  );
}

function isOfManager({ reason }: { readonly reason: string }): boolean {
  return reason === 'FieldManagerConflict';
}

function isChangeRefused({ status, causes, message }: Failed): boolean {
  if (status !== 422) return false;
  // What is wrong for another reason too would be wrong in a new object.
  return causes.length === 0
    ? saysUnchangeable(message)
    : causes.every((cause) => saysUnchangeable(cause.message));
}

// A message repeats what somebody wrote into an object, as long as that is: no pattern here may look for the same beginning again and again.

function isAdmissionRefusal({ message }: Failed): boolean {
  const byWebhook = message.startsWith('admission webhook "') && message.includes('" denied the request');
  return (
    byWebhook || (message.includes("ValidatingAdmissionPolicy '") && message.includes("' denied request"))
  );
}

function saysUnchangeable(message: string): boolean {
  return (
    changeRefusal.test(message) || (/updates? to /i.test(message) && /(is|are) forbidden/i.test(message))
  );
}

/** The fields with what is wrong in each, where the server tells them; shorter than its sentence, and each value is cut by itself. */
function detailOf({ causes, message }: Failed, hidden: readonly string[] | undefined): string {
  const named = causes.filter(({ field, message: why }) => field !== '' && why !== '');
  if (named.length === 0) return serverWords(message, hidden);
  const shown = named
    .slice(0, maxCauses)
    .map(({ field, message: why }) => `${field}: ${serverWords(why, hidden)}`);
  const more = named.length > maxCauses ? [`and ${named.length - maxCauses} more`] : [];
  return [...shown, ...more].join('; ');
}
