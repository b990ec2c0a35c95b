/** How a command prints what it found. */
export type OutputFormat = 'table' | 'json' | 'yaml';

export const outputFormats: readonly OutputFormat[] = ['table', 'json', 'yaml'];
