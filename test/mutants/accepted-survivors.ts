/** Checks that no test can miss, because what follows refuses just as well or because they only shape a message. */
export const acceptedSurvivors: readonly {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly why: string;
}[] = [
  {
    file: 'proof/code-signing.ts',
    original: 'authority && mayBeUsedFor(certificate, keyUsages.certificateSigning)',
    replacement: '(authority)',
    why: "Node's checkIssued refuses an issuer whose key usage lacks it, before",
  },
];
