/** Checks that no test can miss, because what follows refuses just as well or because they only shape a message. */
export const acceptedSurvivors: readonly {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}[] = [];
