import * as z from 'zod';
import { metadataSchema, nameSchema, namespaceSchema } from './metadata.ts';
import { authoritySchema } from './policy-authority.ts';
import { freshnessSchema } from './policy-freshness.ts';
import { deniedIdentitySchema } from './policy-identity.ts';

/** More than this many of anything in one list is no policy that somebody wrote; judging stays within milliseconds. */
const maxEntries = 64;
const maxDenied = 1024;

const matchSchema = z
  .strictObject({
    repositories: z
      .array(z.string().min(1).max(512))
      .max(maxEntries)
      .default([])
      .describe(
        'Globs over `HOST/REPOSITORY`, or over the directory of a layout: `*` within a segment, `**` across segments.',
      ),
    sources: z
      .array(
        z.strictObject({
          name: nameSchema.describe('Name of an OCIRepository.'),
          namespace: namespaceSchema
            .optional()
            .describe('Its namespace; the namespace of the policy unless given.'),
        }),
      )
      .max(maxEntries)
      .default([])
      .describe('Sources by name.'),
  })
  .refine(
    (match) => match.repositories.length + match.sources.length > 0,
    'expected at least one repository or source',
  );

/** How many authorities have to have signed. A count stands for distinct authorities by distinct signers. */
const requireSchema = z.union(
  [
    z.enum(['all', 'any', 'none']),
    z.strictObject({ atLeast: z.int().min(1).max(maxEntries).describe('So many authorities.') }),
  ],
  { error: 'expected all, any, none or {atLeast: NUMBER}' },
);

/** A rule of thousands of characters is a program; and each is compiled when the policy is read. */
const maxRuleLength = 4096;

const ruleSchema = z.strictObject({
  cel: z
    .string()
    .min(1)
    .max(maxRuleLength)
    .describe('An expression of CEL over `predicate`, `predicateType` and `digest` that has to be true.'),
  message: z.string().min(1).max(512).optional().describe('What to say when it is not.'),
});

const attestationSchema = z.strictObject({
  name: nameSchema.describe('For messages.'),
  predicateType: z.string().min(1).max(512).describe('Type of the predicate, exactly.'),
  authorities: z
    .array(nameSchema)
    .min(1)
    .max(maxEntries)
    .optional()
    .describe('Names of the authorities that may attest this: any of them. All of the policy unless given.'),
  rules: z
    .array(ruleSchema)
    .max(maxEntries)
    .default([])
    .describe('All have to hold for one and the same attestation.'),
});

const denySchema = z.strictObject({
  keys: z
    .array(
      z
        .string()
        .max(16 * 1024)
        .regex(
          /^(sha256:[0-9a-f]{64}|\s*-----BEGIN [\s\S]+)$/,
          'expected a public key in PEM, or sha256: and the 64 hex digits of its SubjectPublicKeyInfo',
        ),
    )
    .max(maxDenied)
    .default([])
    .describe('Public keys in PEM, or `sha256:HEX` of their SubjectPublicKeyInfo.'),
  identities: z
    .array(deniedIdentitySchema)
    .max(maxDenied)
    .default([])
    .describe('Identities in certificates.'),
  digests: z
    .array(
      z
        .string()
        .regex(
          /^sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/,
          'expected a digest such as sha256:…',
        ),
    )
    .max(maxDenied)
    .default([])
    .describe('Artifacts, by the digest of their manifest.'),
});

type Spec = z.output<typeof specFields>;

const specFields = z.strictObject({
  match: matchSchema.describe('What the policy is about: whatever matches any entry.'),
  mode: z
    .enum(['enforce', 'warn'])
    .default('enforce')
    .describe('`warn` lets through what the policy would refuse, with a warning on status and event.'),
  authorities: z.array(authoritySchema).max(maxEntries).default([]).describe('Who may sign.'),
  require: requireSchema
    .default('any')
    .describe(
      'How many of the authorities have to have signed: `all`, `any`, `{atLeast: NUMBER}`, or `none`, which lets the unsigned through on purpose. Each counts by a signer of its own.',
    ),
  attestations: z
    .array(attestationSchema)
    .max(maxEntries)
    .default([])
    .describe('What has to be attested of the artifact, each by one attestation at least.'),
  deny: denySchema
    .default({ keys: [], identities: [], digests: [] })
    .describe(
      'Who and what never counts, for every policy that matches the same source: a signature by a denied signer is none.',
    ),
  formats: z
    .array(z.enum(['bundle', 'legacy']))
    .min(1)
    .default(['bundle', 'legacy'])
    .describe(
      'Formats that are looked at; `bundle` alone keeps legacy signatures from being offered instead.',
    ),
  freshness: freshnessSchema
    .prefault({})
    .describe('What must not go backwards, and until when a signature counts.'),
});

/** What no single field can tell. Each message is bound to the place it names. */
function crossChecks(
  spec: Spec,
): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  return [
    ...repeated(spec.authorities, 'authorities'),
    ...repeated(spec.attestations, 'attestations'),
    ...thresholdFaults(spec),
    ...spec.attestations.flatMap(({ authorities = [] }, at) =>
      authorities.flatMap((name, position) =>
        spec.authorities.some((authority) => authority.name === name)
          ? []
          : [
              {
                path: ['attestations', at, 'authorities', position],
                message: `expected the name of an authority of this policy, got ${name}`,
              },
            ],
      ),
    ),
  ];
}

function repeated(
  entries: readonly { readonly name: string }[],
  list: string,
): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  return entries.flatMap(({ name }, at) =>
    entries.findIndex((entry) => entry.name === name) < at
      ? [{ path: [list, at, 'name'], message: `expected every name once, got ${name} twice` }]
      : [],
  );
}

function thresholdFaults(
  spec: Spec,
): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const { authorities, attestations } = spec;
  const idle = spec.require === 'none' && attestations.length === 0;
  if (idle && authorities.length > 0) {
    return [
      { path: ['authorities'], message: 'expected no authorities beside require: none: they have no effect' },
    ];
  }
  if (!idle && authorities.length === 0) {
    return [
      {
        path: ['authorities'],
        message: 'expected at least one authority; what lets the unsigned through says require: none',
      },
    ];
  }
  if (typeof spec.require === 'object' && spec.require.atLeast > authorities.length) {
    const message = `expected at most ${authorities.length}, the number of authorities, got ${spec.require.atLeast}`;
    return [{ path: ['require', 'atLeast'], message }];
  }
  return [];
}

/** `VerificationPolicy`, sealift.dev/v1alpha1: who may sign what. Every policy that matches a source must hold. */
export const verificationPolicySchema = z.strictObject({
  apiVersion: z.literal('sealift.dev/v1alpha1'),
  kind: z.literal('VerificationPolicy'),
  metadata: metadataSchema,
  spec: specFields.superRefine((spec, context) => {
    for (const { path, message } of crossChecks(spec)) {
      context.addIssue({ code: 'custom', path: [...path], message, input: spec });
    }
  }),
  status: z.unknown().optional(),
});

export type VerificationPolicy = z.output<typeof verificationPolicySchema>;
