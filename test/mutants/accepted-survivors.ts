/** Checks that no test can miss, because without them nothing else comes of it: mostly, the compiler asks for them. */
export const acceptedSurvivors: readonly {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}[] = [
  {
    file: 'adapters/log-witness.ts',
    original: "content.$case === 'messageSignature'",
    replacement: 'false',
    why: 'what is signed here is an envelope; the library has another kind beside it',
  },
  {
    file: 'adapters/standing-stage.ts',
    original: "verdict.kind === 'accepted' && recorded !== undefined",
    replacement: "(verdict.kind === 'accepted')",
    why: 'who accepts has opened the repository',
  },
  {
    file: 'basis/verdict-basis.ts',
    original: "typeof value !== 'object' || value === null",
    replacement: "(typeof value !== 'object')",
    why: 'no field of a policy is null once it has been read',
  },
  {
    file: 'basis/verdict-basis.ts',
    original: 'name !== undefined && /secretref$/i.test(field)',
    replacement: '(/secretref$/i.test(field))',
    why: 'a reference to a Secret names it: the schema says so',
  },
];
