import { Option } from 'commander';
import { type OutputFormat, outputFormats } from './output-format.ts';
import { defaultStateDirectory } from './state-directory.ts';

export function stateDirectoryOption(): Option {
  return new Option('--state-dir <directory>', 'where state, artifacts and history are kept').default(
    defaultStateDirectory(),
  );
}

export function outputOption(fallback: OutputFormat = 'table'): Option {
  return new Option('-o, --output <format>', 'how to print').choices(outputFormats).default(fallback);
}
