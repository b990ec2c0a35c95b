/** Makes a value when it is first asked for: the schema of what most evidence has not costs a command nothing. */
export function madeOnce<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
