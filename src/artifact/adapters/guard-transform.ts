import { Transform, type TransformCallback } from 'node:stream';
import type { BlockGuard } from '../block-guard.ts';
import type { InflationMeter } from '../inflation-meter.ts';

function attempt(judge: () => void, done: TransformCallback, chunk?: Buffer): void {
  try {
    judge();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, chunk);
}

/** Lets bytes through once the guard has judged them, and none after its first objection. */
export function guardTransform(guard: BlockGuard, meter: InflationMeter): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      attempt(
        () => {
          meter.gave(chunk.length);
          guard.push(chunk);
        },
        done,
        chunk,
      );
    },
    flush: (done) => {
      attempt(() => guard.end(), done);
    },
  });
}
