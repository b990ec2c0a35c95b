import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultExecLimits, type ExecLimits } from '../../src/build/index.ts';

const mebibyte = 1024 * 1024;

/** The options as commander reads them. */
export interface BuildLimitOptions {
  /** Seconds. */
  readonly buildTimeLimit: number;
  /** MiB. */
  readonly buildMemoryLimit: number;
  /** MiB. */
  readonly buildOutputLimit: number;
}

/** A day, and a tebibyte: beyond, timers and sums would overflow. */
const largest = { seconds: 86_400, mebibytes: 1_048_576 } as const;

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}, got ${JSON.stringify(text)}`);
  };
}

/** Adds what one run of kustomize or sops may cost. */
export function addBuildLimitOptions(command: Command): Command {
  const { timeMs, memoryBytes, outputBytes } = defaultExecLimits;
  return command
    .addOption(
      new Option('--build-time-limit <seconds>', 'for one run of kustomize or sops')
        .argParser(wholeNumber(largest.seconds))
        .default(timeMs / 1000),
    )
    .addOption(
      new Option('--build-memory-limit <MiB>', 'memory of kustomize or sops')
        .argParser(wholeNumber(largest.mebibytes))
        .default(memoryBytes / mebibyte),
    )
    .addOption(
      new Option('--build-output-limit <MiB>', 'what kustomize or sops may print')
        .argParser(wholeNumber(largest.mebibytes))
        .default(outputBytes / mebibyte),
    );
}

/** What the options mean. */
export function buildLimits(options: BuildLimitOptions): ExecLimits {
  return {
    timeMs: options.buildTimeLimit * 1000,
    memoryBytes: options.buildMemoryLimit * mebibyte,
    outputBytes: options.buildOutputLimit * mebibyte,
  };
}
