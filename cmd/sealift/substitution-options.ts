import type { Command } from 'commander';

/** The option as commander reads it. */
export interface SubstitutionOptions {
  readonly strictSubstitute: boolean;
}

/** Adds how variables without a value are taken: strictly, unless that is switched off. */
export function addSubstitutionOptions(command: Command): Command {
  return command
    .option('--strict-substitute', 'refuse variables that have neither value nor default', true)
    .option('--no-strict-substitute', 'put nothing in their place, and warn');
}
