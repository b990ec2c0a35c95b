/**
 * Makes a value when it is first asked for: the schema of what most evidence has not costs a command nothing, and how schemas work (compiled or
 * not) is for the command to say before the first is made.
 */
export function madeOnce<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
