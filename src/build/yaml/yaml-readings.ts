import { placeOf, readYamlDocuments } from './full/yaml-documents.ts';
import { readYamlValue, type YamlValue } from './full/yaml-value.ts';
import { readBlockDocuments } from './quick/block-documents.ts';
import type { ScalarRules } from './scalar.ts';
import { yamlText } from './yaml-text.ts';

/** One document of a file, for whoever wants its value and no more of its parts. */
export interface YamlReading {
  /** File, line and document, for messages. */
  readonly place: string;
  /** Counted from 1, empty documents included. */
  readonly number: number;
  /** @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, naming file and line. */
  read(): YamlValue;
}

function* readFully(file: string, content: string, rules: ScalarRules): Generator<YamlReading> {
  for (const document of readYamlDocuments(file, content)) {
    const { number } = document;
    yield { place: placeOf(document), number, read: () => readYamlValue(document, rules) };
  }
}

/**
 * The documents of a YAML stream, for once: by the quick reader at once where all of it is in the regular style, otherwise by the full one as
 * they are asked for.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED while they are gone through, naming file and line; never quoting content.
 */
export function readYaml(file: string, content: string, rules: ScalarRules): Iterable<YamlReading> {
  const quick = readBlockDocuments(yamlText(content), rules);
  if (quick === undefined) return readFully(file, content, rules);
  return quick.map(({ line, number, value, quoted }) => {
    return { place: `${file}:${line} (document ${number})`, number, read: () => ({ value, quoted }) };
  });
}
