/**
 * What Fulcio writes of a workflow into a certificate, under names that a policy can use. Extensions 1 to 6 are the older, raw forms of
 * these and go by their number alone. https://github.com/sigstore/fulcio/blob/v1.8.0/docs/oid-info.md
 */
export const fulcioExtensions = {
  workflow: '1.3.6.1.4.1.57264.1.9',
  workflowDigest: '1.3.6.1.4.1.57264.1.10',
  runner: '1.3.6.1.4.1.57264.1.11',
  sourceRepository: '1.3.6.1.4.1.57264.1.12',
  sourceCommit: '1.3.6.1.4.1.57264.1.13',
  sourceRef: '1.3.6.1.4.1.57264.1.14',
  sourceRepositoryId: '1.3.6.1.4.1.57264.1.15',
  sourceOwner: '1.3.6.1.4.1.57264.1.16',
  sourceOwnerId: '1.3.6.1.4.1.57264.1.17',
  buildConfig: '1.3.6.1.4.1.57264.1.18',
  buildConfigDigest: '1.3.6.1.4.1.57264.1.19',
  buildTrigger: '1.3.6.1.4.1.57264.1.20',
  run: '1.3.6.1.4.1.57264.1.21',
  sourceVisibility: '1.3.6.1.4.1.57264.1.22',
  deploymentEnvironment: '1.3.6.1.4.1.57264.1.23',
} as const satisfies Record<string, string>;

const namesByOid = new Map<string, string>(
  Object.entries(fulcioExtensions).map(([name, oid]) => [oid, name]),
);

/** What people call an extension: the name of the table, or its numbers. */
export function extensionName(oid: string): string {
  return namesByOid.get(oid) ?? oid;
}

const objectIdentifier = /^[0-2](\.(0|[1-9][0-9]{0,9})){1,30}$/;

/** The object identifier that a policy means: a name of the table, or dotted numbers. `undefined` for anything else. */
export function extensionOid(name: string): string | undefined {
  if (Object.hasOwn(fulcioExtensions, name)) return fulcioExtensions[name as keyof typeof fulcioExtensions];
  return objectIdentifier.test(name) ? name : undefined;
}
