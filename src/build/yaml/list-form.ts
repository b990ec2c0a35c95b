import { isMap, isScalar } from 'yaml';
import type { YamlDocument } from './full/yaml-documents.ts';
import type { ScalarRules } from './scalar.ts';

/**
 * How kustomize takes objects out of a list: `none` is no list; `kept` are its items as they were written; `converted` went
 * through plain data, in which the text of a number is gone.
 */
export type ListForm = 'none' | 'kept' | 'converted';

function kindOf({ contents }: YamlDocument): string {
  if (!isMap(contents)) return '';
  const pair = contents.items.find(({ key }) => isScalar(key) && key.source === 'kind');
  return isScalar(pair?.value) ? pair.value.source : '';
}

/** Kustomize keeps the items only of a `List` that is alone in its file. */
export function listFormOf(document: YamlDocument, rules: ScalarRules): ListForm {
  const kind = rules === 'source' ? kindOf(document) : '';
  if (!kind.endsWith('List')) return 'none';
  return kind === 'List' && !/\n---.*\n/.test(document.text) ? 'kept' : 'converted';
}
