import type { KubernetesObject } from '../../core/index.ts';
import type { BuiltObject } from '../objects/built-object.ts';
import type { TracedBuild } from '../objects/traced-build.ts';
import { isList, isObject, type JsonValue, type Path, pointer } from '../yaml/json-value.ts';
import { minSecretLength, valuesOfFile } from './secret-texts.ts';

const mask = '***';

/** What names an object is told even if an encrypted patch names it as well. */
const shownPlaces = new Set(['/apiVersion', '/kind', '/metadata/name', '/metadata/namespace']);

/** Hides what decryption brought to light. */
class Mask {
  readonly #texts: readonly string[];
  readonly #values: ReadonlySet<string>;

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#values = new Set(texts.flatMap(valuesOfFile));
  }

  object({ object, decrypted }: BuiltObject): KubernetesObject {
    const secret = object.apiVersion === 'v1' && object.kind === 'Secret';
    const hides = (place: string, value: JsonValue): boolean =>
      (decrypted?.has(place) ?? false) ||
      (secret && /^\/(?:data|stringData)\//.test(place)) ||
      (!shownPlaces.has(place) && this.#isClear(value));
    return this.#value(object as unknown as JsonValue, [], hides) as unknown as KubernetesObject;
  }

  #isClear(value: JsonValue): boolean {
    const text = String(value);
    if (this.#texts.length === 0 || value === null || text === '') return false;
    if (this.#values.has(text)) return true;
    // Shorter text is hidden only where it is a whole value.
    return text.length >= minSecretLength && this.#texts.some((clear) => clear.includes(text));
  }

  #value(value: JsonValue, path: Path, hides: (place: string, value: JsonValue) => boolean): JsonValue {
    if (isList(value)) return value.map((item, index) => this.#value(item, [...path, index], hides));
    if (!isObject(value)) return hides(pointer(path), value) ? mask : value;
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      this.#value(item, [...path, key], hides),
    ]);
    return Object.fromEntries(entries);
  }
}

/** The objects of a delivery that decrypts, with `***` for every value that was or may have been encrypted. */
export function maskDecrypted({ objects, clearTexts, ...rest }: TracedBuild): TracedBuild {
  const hide = new Mask(clearTexts);
  return {
    ...rest,
    clearTexts: [],
    objects: objects.map((built) => ({ ...built, object: hide.object(built) })),
  };
}
