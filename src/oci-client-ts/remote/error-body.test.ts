import { describe, expect, it } from 'vitest';
import { parseErrorBody } from './error-body.ts';
import { networkFault } from './network-fault.ts';
import { codeOfForeignStatus, codeOfStatus, codeOfTokenStatus } from './status-code.ts';

const parse = (text: string) => parseErrorBody(new TextEncoder().encode(text));
const errors = (first: unknown): string => JSON.stringify({ errors: [first] });

describe('parseErrorBody', () => {
  it.each([
    [
      'code and message',
      errors({ code: 'MANIFEST_UNKNOWN', message: 'no such manifest' }),
      { registryCode: 'MANIFEST_UNKNOWN', text: 'no such manifest' },
    ],
    ['an error outside a list', '{"code":"DENIED","message":"no"}', { registryCode: 'DENIED', text: 'no' }],
    ['a plain text', '404 page\nnot found', { text: '404 page not found' }],
    ['nothing of a page', '<!doctype html><p>rate limit', {}],
    ['nothing of an empty body', ' \n', {}],
    ['no code that is none', errors({ code: 'evil code\n', message: 1 }), {}],
    ['nothing of an empty list', '{"errors":[]}', {}],
    ['nothing of null', 'null', {}],
  ])('keeps %s', (_behaviour, body, expected) => {
    expect(parse(body)).toEqual(expected);
  });

  it('cuts a long message to 200 printable characters', () => {
    const { text = '' } = parse(errors({ message: `\u001b[31m${'é\n'.repeat(50)}${'x'.repeat(5000)}` }));
    expect(text.length).toBeLessThanOrEqual(200);
    expect(text).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each([
    'bad header Authorization: Bearer abc.def-ghi',
    'bad header "Basic dXNlcjphYmMuZGVm"',
    'token eyJhbGciOiJSUzI1NiJ9.abc.def-ghi expired',
  ])('repeats no credential: %s', (message) => {
    expect(parse(errors({ message })).text).not.toMatch(/abc\.def|dXNlcj|eyJ/);
  });
});

describe('the meaning of a status', () => {
  it.each([
    [400, 'invalid', 'server-error', 'unauthorized'],
    [401, 'unauthorized', 'server-error', 'unauthorized'],
    [403, 'denied', 'server-error', 'denied'],
    [404, 'not-found', 'server-error', 'protocol'],
    [405, 'unsupported', 'server-error', 'unsupported'],
    [408, 'timeout', 'timeout', 'timeout'],
    [413, 'too-large', 'server-error', 'protocol'],
    [418, 'protocol', 'server-error', 'protocol'],
    [429, 'rate-limited', 'rate-limited', 'rate-limited'],
    [500, 'server-error', 'server-error', 'server-error'],
    [504, 'timeout', 'timeout', 'timeout'],
    [303, 'protocol', 'server-error', 'protocol'],
  ])('%i of a registry, of its storage, of a token server', (status, registry, storage, token) => {
    expect([codeOfStatus(status), codeOfForeignStatus(status), codeOfTokenStatus(status)]).toEqual([
      registry,
      storage,
      token,
    ]);
  });
});

describe('networkFault', () => {
  it.each([
    ['ECONNREFUSED', 'unreachable'],
    ['ECONNRESET', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['UND_ERR_SOCKET', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls'],
    ['EPROTO', 'tls'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
  ])('%s is %s', (code, expected) => {
    const fault = networkFault(Object.assign(new Error('what happened'), { code }), 'reg.example/app:1');
    expect(fault.code).toBe(expected);
    expect(fault.message).toBe(`reg.example/app:1: what happened (${code})`);
  });

  it('tells what OpenSSL means, without where in OpenSSL it was found', () => {
    const text =
      '4083495F047F0000:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:916:SSL alert number 42\n';
    const fault = networkFault(
      Object.assign(new Error(text), { code: 'ERR_SSL_ALERT' }),
      'reg.example/app:1',
    );
    expect(fault.message).toBe(
      'reg.example/app:1: ssl/tls alert bad certificate SSL alert number 42 (ERR_SSL_ALERT)',
    );
  });
});
