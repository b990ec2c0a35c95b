import type { ObjectRef } from '../../src/core/index.ts';
import { createMemoryTarget } from '../../src/target/index.ts';
import { handOver, type TextTargetUnderTest } from './text-target-contract.ts';

/** A memory target with its texts within reach. */
export function openMemory(): TextTargetUnderTest {
  const target = createMemoryTarget();
  const texts = {
    text: async (ref: ObjectRef) => target.text(ref),
    edit: async (ref: ObjectRef, text: string | undefined) => target.edit(ref, text),
  };
  return { ...texts, ...handOver(texts), target, close: async () => undefined };
}
