import { describe, expect, it } from 'vitest';
import { SealiftError, type SealiftEvent } from '../core/index.ts';
import { recordEvents } from './record-events.ts';

const event: SealiftEvent = {
  kind: 'converged',
  changes: 0,
  failures: 0,
  subject: { kind: 'Site', namespace: '', name: '' },
  at: 0,
};

describe('recordEvents', () => {
  it('keeps every event and tells every listener', () => {
    const kept: SealiftEvent[] = [];
    const told: SealiftEvent[] = [];
    recordEvents((one) => kept.push(one), [(one) => told.push(one)])(event);
    expect({ kept, told }).toEqual({ kept: [event], told: [event] });
  });

  it('goes on when an event cannot be kept, and says so once until one can', () => {
    let full = true;
    const told: string[] = [];
    const listener = recordEvents(() => {
      if (full) throw new SealiftError('DISK_FAILED', 'state.db', 'database or disk is full');
    }, [({ kind }) => told.push(kind)]);
    listener(event);
    listener(event);
    full = false;
    listener(event);
    full = true;
    listener(event);
    expect(told).toEqual(['converged', 'failed', 'converged', 'converged', 'converged', 'failed']);
  });
});
