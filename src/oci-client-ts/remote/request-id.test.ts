import { describe, expect, it } from 'vitest';
import { requestIdOf } from './request-id.ts';

describe('requestIdOf', () => {
  it.each([
    ['the common header', { 'x-request-id': 'f3b1-7' }, 'f3b1-7'],
    ['GitHub', { 'x-github-request-id': 'A1:B2:C3' }, 'A1:B2:C3'],
    ['ECR', { 'x-amzn-requestid': '0b6c' }, '0b6c'],
    ['ACR', { 'x-ms-correlation-request-id': '9d-1' }, '9d-1'],
    ['nobody', {}, undefined],
    ['somebody who would steer the log', { 'x-request-id': 'a\u001b[2Jb' }, undefined],
    ['somebody who goes on and on', { 'x-request-id': 'a'.repeat(101) }, undefined],
  ])('is given by %s', (_, headers, id) => {
    expect(requestIdOf((name) => (headers as Record<string, string>)[name])).toBe(id);
  });
});
