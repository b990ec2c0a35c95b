import { objectKeys } from '../../api/index.ts';
import { formatRef, type KubernetesObject, refOf, SealiftError } from '../../core/index.ts';
import type { BuiltObject } from '../objects/built-object.ts';
import { readYamlDocuments } from '../yaml/full/yaml-documents.ts';
import { readYamlValue } from '../yaml/full/yaml-value.ts';
import { isList, isObject, type JsonObject, type JsonValue, type Path, pointer } from '../yaml/json-value.ts';
import { resolvePlain } from '../yaml/scalar.ts';
import { evaluate, refuseUnset, type Variables } from './evaluate.ts';
import { ExpressionError, parseTemplate } from './expression.ts';
import { printsPlain } from './plain-text.ts';
import { isStringPlace } from './string-places.ts';

/** Characters that all substitutions of one build may make: what kustomize may print. */
const maxSubstitutedCharacters = 64 * 1024 * 1024;

/** Text that YAML reads as one scalar, whatever is around it. */
const simpleScalar = /^\w[\w./@+-]*$/;

/** Reads substituted text as Flux does: as the YAML that stands behind a key or a dash. */
function reread(text: string, insideList: boolean): JsonValue {
  if (simpleScalar.test(text)) return resolvePlain(text, 'printed');
  const [document] = readYamlDocuments('', insideList ? `- ${text}` : `value: ${text}`);
  const value = document === undefined ? null : readYamlValue(document, 'printed').value;
  if (isList(value)) return value[0] ?? null;
  return isObject(value) ? (value['value'] ?? null) : value;
}

function holdsDollar(value: JsonValue): boolean {
  if (typeof value === 'string') return value.includes('$');
  if (isList(value)) return value.some(holdsDollar);
  return (
    isObject(value) && Object.entries(value).some(([key, item]) => key.includes('$') || holdsDollar(item))
  );
}

/** Substitutes in the objects of one build. */
export class Substitution {
  /** Names of variables that had neither value nor default, and left nothing. */
  readonly unset = new Set<string>();
  readonly #variables: Variables;
  readonly #strict: boolean;
  #made = 0;

  /** With `strict` a variable that has neither value nor default is an error. */
  constructor(variables: Variables, strict: boolean) {
    this.#variables = variables;
    this.#strict = strict;
  }

  /**
   * The object with its variables replaced, or the same object when it holds none or is labelled or annotated
   * `kustomize.toolkit.fluxcd.io/substitute: disabled`.
   * @throws SealiftError SUBSTITUTION_FAILED naming the object, the place in it and the variable; never a value.
   */
  apply(built: BuiltObject): BuiltObject {
    const { labels, annotations } = built.object.metadata;
    const disabled = [labels, annotations].some((map) => {
      const mark: unknown = map?.[objectKeys.substitute];
      return typeof mark === 'string' && mark.toLowerCase() === 'disabled';
    });
    if (disabled || !holdsDollar(built.object as unknown as JsonValue)) return built;
    const value = this.#value(built, built.object as unknown as JsonValue, []);
    return { ...built, object: value as unknown as KubernetesObject };
  }

  #value(built: BuiltObject, value: JsonValue, path: Path): JsonValue {
    if (typeof value === 'string') return value.includes('$') ? this.#string(built, value, path) : value;
    if (isList(value)) return value.map((item, index) => this.#value(built, item, [...path, index]));
    return isObject(value) ? this.#object(built, value, path) : value;
  }

  #object(built: BuiltObject, value: JsonObject, path: Path): JsonObject {
    const entries = new Map<string, JsonValue>();
    for (const [key, item] of Object.entries(value)) {
      const at = [...path, key];
      const name = key.includes('$') ? this.#evaluate(built, key, at) : key;
      if (entries.has(name)) this.#fail(built, at, `the key "${key}" becomes one that is already there`);
      entries.set(name, this.#value(built, item, at));
    }
    return Object.fromEntries(entries);
  }

  #string(built: BuiltObject, text: string, path: Path): JsonValue {
    const substituted = this.#evaluate(built, text, path);
    const place = pointer(path);
    if (substituted === text || built.quoted.has(place) || !printsPlain(text)) return substituted;
    const stringPlace = isStringPlace(built.object, place);
    const value = this.#reread(built, substituted, path, stringPlace);
    return stringPlace && typeof value !== 'string' ? substituted : value;
  }

  #evaluate(built: BuiltObject, text: string, path: Path): string {
    try {
      const result = evaluate(parseTemplate(text), this.#variables, (name) => this.#leaveOut(name));
      this.#made += result.length;
      if (this.#made <= maxSubstitutedCharacters) return result;
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown;
      this.#fail(built, path, thrown.message);
    }
    return this.#fail(
      built,
      path,
      `expected at most ${maxSubstitutedCharacters} characters in all, got more`,
    );
  }

  #leaveOut(name: string): string {
    if (this.#strict) refuseUnset(name);
    this.unset.add(name);
    return '';
  }

  #reread(built: BuiltObject, text: string, path: Path, stringPlace: boolean): JsonValue {
    try {
      return reread(text, typeof path.at(-1) === 'number');
    } catch (thrown) {
      if (!(thrown instanceof SealiftError)) throw thrown;
      if (stringPlace) return text;
      return this.#fail(built, path, 'is no YAML any more after substitution; put the text in quotes');
    }
  }

  #fail(built: BuiltObject, path: Path, detail: string): never {
    const subject = `${formatRef(refOf(built.object))} in ${built.place}`;
    throw new SealiftError('SUBSTITUTION_FAILED', subject, `${pointer(path)}: ${detail}`);
  }
}
