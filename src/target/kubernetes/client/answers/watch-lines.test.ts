import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWatchEvent } from './watch-event.ts';
import { WatchLines } from './watch-lines.ts';

const metadata = { name: 'a', uid: 'u', resourceVersion: '5' };
const line = (type: string, object: unknown): string => JSON.stringify({ type, object });

describe('the lines of a watch', () => {
  it('are the same wherever the bytes are split', () => {
    const text = fc.array(
      fc.string({ unit: 'grapheme' }).filter((one) => one.trim() !== '' && !one.includes('\n')),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(200)), (wanted, cuts) => {
        const bytes = Buffer.from(wanted.map((one) => `${one}\n`).join('\n'));
        const places = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const lines = new WatchLines('/api/v1/pods');
        let start = 0;
        const found = places.flatMap((end) => {
          const chunk = bytes.subarray(start, end);
          start = end;
          return lines.add(chunk);
        });
        expect(found).toEqual(wanted);
      }),
    );
  });

  it('wait until they are whole', () => {
    const lines = new WatchLines('/api/v1/pods');
    expect(lines.add(Buffer.from('{"a":'))).toEqual([]);
    expect(lines.add(Buffer.from('1}\n{'))).toEqual(['{"a":1}']);
  });

  it('have a limit, also in pieces', () => {
    const lines = new WatchLines('/api/v1/pods', 10);
    lines.add(Buffer.from('12345678\n1234567'));
    expect(() => lines.add(Buffer.from('8901'))).toThrow(
      '/api/v1/pods: expected lines of at most 10 bytes, got a longer one',
    );
  });
});

describe('an event of a watch', () => {
  it.each(['ADDED', 'MODIFIED', 'DELETED'])('of type %s has the metadata of an object', (type) => {
    expect(readWatchEvent(line(type, { metadata }), '/api/v1/pods')).toEqual({ type, metadata });
  });

  it('may be a bookmark', () => {
    const event = readWatchEvent(line('BOOKMARK', { metadata: { resourceVersion: '7' } }), '/api/v1/pods');
    expect(event).toEqual({ type: 'BOOKMARK', resourceVersion: '7' });
  });

  it.each([
    ['TARGET_EXPIRED', line('ERROR', { kind: 'Status', apiVersion: 'v1', code: 410, message: 'too old' })],
    ['TARGET_BUSY', line('ERROR', { kind: 'Status', apiVersion: 'v1', code: 429, message: 'later' })],
    ['TARGET_FAILED', line('ERROR', 'oh')],
    ['TARGET_FAILED', line('OTHER', { metadata })],
    ['TARGET_FAILED', line('ADDED', { metadata: { name: 'a' } })],
    ['TARGET_FAILED', line('ADDED', null)],
    ['TARGET_FAILED', line('BOOKMARK', { metadata: {} })],
    ['TARGET_FAILED', '{"type":"ADD'],
    ['TARGET_FAILED', 'null'],
  ])('is otherwise a %s: %s', (code, text) => {
    expect(() => readWatchEvent(text, '/api/v1/pods')).toThrow(expect.objectContaining({ code }));
  });
});
