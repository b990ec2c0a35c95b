import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EventListener } from '../../src/core/index.ts';

/** Milliseconds without an event: whatever was going on is over. */
const quietMs = 5_000;

/** For a process that waits most of its life: what makes a busy one quicker stays in memory for good. */
const sparing: readonly string[] = [
  // The space for new objects stays at its first size: one MiB instead of sixteen.
  '--semi-space-growth-factor=1',
  // Of the compilers the best one is left, for what runs so often that a delivery of thousands of objects waits for it.
  '--no-sparkplug',
  '--no-maglev',
  '--invocation-count-for-turbofan=300000',
  '--invocation-count-for-osr=50000',
  // Of the parser of HTTP/1, which is WebAssembly: compiling it once more, and better, takes nine MiB, of which other threads keep several.
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
];

/** Before the rest is loaded: what is compiled already stays so. */
export function spareMemory(): void {
  for (const flag of sparing) setFlagsFromString(flag);
}

/** What V8 offers to embedders alone: a collection that gives back all it can. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  return () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** Collects garbage when nothing has been told for a while: V8 itself does so when something is allocated, and then nothing is. */
export function collectWhenQuiet(): EventListener {
  const collect = collector();
  let timer: NodeJS.Timeout | undefined;
  return () => {
    timer ??= setTimeout(collect, quietMs).unref();
    timer.refresh();
  };
}
