import { InvalidArgumentError, Option } from 'commander';

export type Annotations = Readonly<Record<string, string>>;

function collectAnnotation(text: string, known: Annotations): Annotations {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('expected KEY=VALUE');
  return { ...known, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** `-a key=value`, any number of times. */
export function annotationsOption(description: string): Option {
  return new Option('-a, --annotations <key=value>', `${description}; may be repeated`)
    .argParser(collectAnnotation)
    .default({}, 'none');
}
