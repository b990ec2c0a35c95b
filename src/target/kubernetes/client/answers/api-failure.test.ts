import { describe, expect, it } from 'vitest';
import { hiddenTexts } from '../../text/server-words.ts';
import { apiFailure, saysAbsent } from './api-failure.ts';
import { readWarnings } from './warnings.ts';

interface Said {
  readonly reason?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly causes?: readonly {
    readonly reason?: string;
    readonly field?: string;
    readonly message: string;
  }[];
}

const subject = 'Deployment/ns/a';
const statusOf = (code: number, message: string, said: Said = {}) => ({
  status: code,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    message,
    reason: said.reason ?? '',
    details: { name: said.name ?? '', kind: said.kind ?? '', causes: said.causes ?? [] },
  },
});
const changed = (message: string, field = 'spec') =>
  statusOf(422, 'Deployment.apps "a" is invalid', { causes: [{ field, message }] });

describe('an answer of the API that is no success', () => {
  it.each([
    ['TARGET_UNAUTHENTICATED', statusOf(401, 'Unauthorized')],
    ['TARGET_FORBIDDEN', statusOf(403, 'pods "a" is forbidden: User "x" cannot get resource "pods"')],
    ['TARGET_QUOTA', statusOf(403, 'pods "a" is forbidden: exceeded quota: small, requested: pods=1')],
    ['TARGET_QUOTA', statusOf(403, 'pods "a" is forbidden: failed quota: small: must specify limits.cpu')],
    [
      'TARGET_NAMESPACE_NOT_READY',
      statusOf(403, 'unable to create new content in namespace b', {
        causes: [{ reason: 'NamespaceTerminating', message: 'namespace b is being terminated' }],
      }),
    ],
    [
      'TARGET_NAMESPACE_NOT_READY',
      statusOf(404, 'namespaces "b" not found', { kind: 'namespaces', name: 'b' }),
    ],
    ['TARGET_ADMISSION_DENIED', statusOf(403, 'admission webhook "w.example" denied the request: no')],
    ['TARGET_ADMISSION_DENIED', statusOf(409, 'admission webhook "w.example" denied the request: quota')],
    [
      'TARGET_ADMISSION_DENIED',
      statusOf(
        422,
        "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
      ),
    ],
    ['TARGET_KIND_UNKNOWN', statusOf(404, 'the server could not find the requested resource')],
    ['TARGET_KIND_UNKNOWN', { status: 404, body: '404 page not found\n' }],
    ['TARGET_CHANGED', statusOf(404, 'pods "a" not found', { kind: 'pods', name: 'a' })],
    ['TARGET_CHANGED', statusOf(409, 'the object has been modified')],
    ['TARGET_CHANGED', statusOf(422, 'the server rejected our request due to an error in our request')],
    [
      'TARGET_CONFLICT',
      statusOf(409, 'Apply failed with 1 conflict', {
        causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "hpa"' }],
      }),
    ],
    ['TARGET_EXPIRED', statusOf(410, 'too old resource version: 1 (5)')],
    ['TARGET_INVALID', statusOf(400, 'strict decoding error: unknown field "spec.x"')],
    [
      'TARGET_INVALID',
      statusOf(500, 'failed to create typed patch object (ns/a; v1, Kind=A): .spec: field not declared'),
    ],
    ['TARGET_INVALID', statusOf(413, 'Request entity too large: limit is 3145728')],
    ['TARGET_INVALID', changed('Invalid value: -1: must be greater than or equal to 0', 'spec.replicas')],
    ['TARGET_IMMUTABLE', changed('Invalid value: {"a":"b"}: field is immutable', 'spec.selector')],
    [
      'TARGET_IMMUTABLE',
      changed("Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"),
    ],
    ['TARGET_IMMUTABLE', changed('Invalid value: {"kind":"Role"}: cannot change roleRef', 'roleRef')],
    [
      'TARGET_IMMUTABLE',
      changed('Invalid value: ["10.0.0.1"]: may not change once set', 'spec.clusterIPs[0]'),
    ],
    [
      'TARGET_IMMUTABLE',
      changed('Forbidden: pod updates may not change fields other than `spec.containers[*].image`'),
    ],
    ['TARGET_IMMUTABLE', changed('Forbidden: updates to provisioner are forbidden.', 'provisioner')],
    ['TARGET_BUSY', statusOf(429, 'too many requests')],
    ['TARGET_BUSY', { status: 503, body: '<html>no upstream</html>' }],
    ['TARGET_TIMEOUT', statusOf(504, 'request did not complete within the allotted timeout')],
    ['TARGET_TIMEOUT', statusOf(500, 'timed out', { reason: 'ServerTimeout' })],
    ['TARGET_FAILED', statusOf(500, 'failed calling webhook "w": connection refused')],
    ['TARGET_FAILED', { status: 302, body: '' }],
  ])('is a %s', (code, answer) => {
    expect(apiFailure(answer, { subject })).toMatchObject({ code, subject });
  });

  it('that refuses a change and something else too would refuse a new object as well', () => {
    const causes = [
      { field: 'spec.selector', message: 'Invalid value: {}: field is immutable' },
      { field: 'spec.replicas', message: 'Invalid value: -1: must be positive' },
    ];
    expect(apiFailure(statusOf(422, '', { causes }), { subject })).toMatchObject({ code: 'TARGET_INVALID' });
  });

  it('names each field with what is wrong in it', () => {
    const causes = [
      { field: 'spec.replicas', message: 'Invalid value: -1: must be positive' },
      { field: 'spec.selector', message: 'Required value' },
    ];
    expect(apiFailure(statusOf(422, 'long', { causes }), { subject }).message).toBe(
      `${subject}: spec.replicas: Invalid value: -1: must be positive; spec.selector: Required value`,
    );
  });

  it('is told in bounded words: no long values, no page of a proxy, no control characters', () => {
    const template = JSON.stringify({ spec: { containers: [{ env: 'x: y'.repeat(50) }] } });
    const long = apiFailure(changed(`Invalid value: ${template}: field is immutable`, 'spec.template'), {
      subject,
    });
    expect(long.message).toBe(`${subject}: spec.template: Invalid value: ...: field is immutable`);
    const page = apiFailure({ status: 502, body: '<html>secret</html>' }, { subject });
    expect(page.message).toBe(`${subject}: expected success, got status 502`);
    const steering = apiFailure(statusOf(500, `a\u001b[2J\n${'b'.repeat(1000)}`), { subject });
    expect(steering.message).toMatch(/^Deployment\/ns\/a: a \[2J b{390,400}\.\.\.$/);
    const causes = Array.from({ length: 500 }, (_, at) => ({ field: `f${at}`, message: 'c'.repeat(1000) }));
    expect(apiFailure(statusOf(422, '', { causes }), { subject }).message.length).toBeLessThan(5000);
  });

  it('says how long to leave the server alone', () => {
    expect(apiFailure({ ...statusOf(429, 'later'), retryAfterMs: 5000 }, { subject })).toMatchObject({
      retryAfterMs: 5000,
    });
  });
});

describe('an answer about a Secret', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a' },
    data: { key: Buffer.from('hunter2').toString('base64'), pin: 123456 },
    stringData: { other: 'line one\nline "two"' },
  };

  it.each([
    ['its values, decoded', 'hunter2 is too weak', '... is too weak'],
    ['its values as they are written', 'got aHVudGVyMg== there', 'got ... there'],
    ['numbers', 'cannot read 123456', 'cannot read ...'],
    ['values with escapes', 'bad: line one\\nline \\"two\\"', 'bad: ...'],
    [
      'whatever stands where a value is quoted',
      'data[x]: Invalid value: "something": must be \'a\' (see {docs})',
      "data[x]: Invalid value: ...: must be 'a' (see {docs})",
    ],
    [
      'what stood in the place of another type',
      '.data.x: expected string, got &value.valueUnstructured{Value:98765}',
      '.data.x: expected string, got something else',
    ],
  ])('repeats none of %s', (_what, words, expected) => {
    const asked = { subject: 'Secret/a', hidden: hiddenTexts(secret) };
    expect(apiFailure(statusOf(422, words), asked).message).toBe(`Secret/a: ${expected}`);
    const causes = [{ field: 'data', message: words }];
    expect(apiFailure(statusOf(422, '', { causes }), asked).message).toBe(`Secret/a: data: ${expected}`);
    expect(readWarnings(`299 - ${JSON.stringify(words)}`, asked.hidden)).toEqual([expected]);
  });

  it('hides nothing of other kinds', () => {
    expect(hiddenTexts({ ...secret, kind: 'ConfigMap' })).toBeUndefined();
  });
});

describe('an object is absent', () => {
  const gone = { reason: 'NotFound', kind: 'pods', name: 'a' };

  it('where the server says so of itself', () => {
    expect(saysAbsent(statusOf(404, 'pods "a" not found', gone), 'pods', 'a')).toBe(true);
  });

  it.each([
    ['its namespace is', statusOf(404, '', { ...gone, kind: 'namespaces', name: 'b' })],
    ['another object is', statusOf(404, '', { ...gone, name: 'b' })],
    ['its kind is', statusOf(404, '', { reason: 'NotFound' })],
    ['a proxy knows nothing', { status: 404, body: 'no route' }],
    ['it may not be read', statusOf(403, '', gone)],
  ])('not where %s', (_what, answer) => {
    expect(saysAbsent(answer, 'pods', 'a')).toBe(false);
  });
});

describe('the warnings of an answer', () => {
  it.each([
    ['in one header', '299 - "a \\"b\\"", 299 k8s "c"', ['a "b"', 'c']],
    ['in several', ['299 - "a"', '299 - "b"'], ['a', 'b']],
    ['of nobody', undefined, []],
    ['of a cache', '110 - "stale"', []],
  ])('are read %s', (_where, header, expected) => {
    expect(readWarnings(header, undefined)).toEqual(expected);
  });

  it('are not more than can be read', () => {
    expect(readWarnings(Array(1000).fill('299 - "a"'), undefined)).toHaveLength(20);
  });
});

describe('a message that repeats what somebody wrote', () => {
  it.each([
    ['of a webhook', 'admission webhook "'],
    ['of a policy', "ValidatingAdmissionPolicy 'p' with binding '"],
    ['of an update', 'updates to '],
    ['of a value', `Invalid value: ${'['.repeat(3000)}${']'.repeat(3000)}`],
  ])('is read in time that grows with its length alone: the words %s again and again', (_, words) => {
    const long = words.repeat(Math.ceil(1_000_000 / words.length));
    const begun = process.cpuUsage();
    expect(apiFailure(changed(long), { subject }).code).toBe('TARGET_INVALID');
    const { user, system } = process.cpuUsage(begun);
    // Microseconds; reading it anew from each place on took minutes.
    expect(user + system).toBeLessThan(5_000_000);
  });
});
