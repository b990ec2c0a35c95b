import { fileReferences } from '../kustomization/file-references.ts';
import { relativePath } from '../tree/tree.ts';
import { isList, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { formatOfName, type SopsFormat } from './sops-format.ts';

/** A kustomization that a build reaches. */
export interface ReachedKustomization {
  readonly directory: string;
  readonly value: JsonObject;
}

/** A file that is decrypted before kustomize runs, if it is encrypted. */
export interface SourceFile {
  readonly path: string;
  readonly format: SopsFormat;
}

/** `files` may say KEY=PATH, and then the key tells the store. */
function fileSource(text: string): { readonly name: string; readonly path: string } {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, path: text } : { name: text.slice(0, at), path: text.slice(at + 1) };
}

/** Files of key-value pairs are dotenv whatever their names. */
function envFormat(path: string): SopsFormat {
  const format = formatOfName(path);
  return format === 'binary' ? 'dotenv' : format;
}

function items(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : [];
}

function generatorFiles(generator: JsonValue): readonly SourceFile[] {
  return fileReferences(generator, []).flatMap(({ at, text, source }) => {
    const field = String(at[0]).toLowerCase();
    if (field !== 'files') return [{ path: text, format: envFormat(text) }];
    const { name, path } = fileSource(source);
    return [{ path, format: formatOfName(name) }];
  });
}

function patchFiles(patch: JsonValue): readonly SourceFile[] {
  return fileReferences(patch, []).map(({ text }) => ({ path: text, format: formatOfName(text) }));
}

/** The files that `secretGenerator` and `patches` of a kustomization name. */
export function sourceFiles({ directory, value }: ReachedKustomization): readonly SourceFile[] {
  const named = [
    ...items(value['secretGenerator']).flatMap(generatorFiles),
    ...items(value['patches']).flatMap(patchFiles),
  ];
  return named.flatMap(({ path, format }) => {
    const inside = relativePath(directory, path);
    return inside === undefined ? [] : [{ path: inside, format }];
  });
}
