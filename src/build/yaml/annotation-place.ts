import type { Path } from './json-value.ts';
import type { ListForm } from './list-form.ts';

/** A place inside a map that is merged counts as the place where it ends up. */
function withoutMerges(path: Path): Path {
  if (!path.includes('<<')) return path;
  return path.filter((part, index) => {
    return part !== '<<' && !(typeof part === 'number' && path[index - 1] === '<<');
  });
}

function withoutItems(path: Path): Path {
  let at = 0;
  while (path[at] === 'items' && typeof path[at + 1] === 'number') at += 2;
  return path.slice(at);
}

/** True for the value of an annotation of an object, or of an object in a list. Kustomize keeps those as text. */
export function isAnnotationPlace(path: Path, list: ListForm): boolean {
  if (!path.includes('annotations')) return false;
  const merged = withoutMerges(path);
  const place = list === 'none' ? merged : withoutItems(merged);
  return place.length === 3 && place[0] === 'metadata' && place[1] === 'annotations';
}
