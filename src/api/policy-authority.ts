import * as z from 'zod';
import { localReferenceSchema, nameSchema } from './metadata.ts';
import { certificateIdentitySchema, keylessIdentitySchema } from './policy-identity.ts';

/** More than this many of anything in one list is no policy that somebody wrote. */
const maxEntries = 64;

/** A certificate carries ten kilobytes at most; bundles of authorities hold a few. */
const maxPemLength = 256 * 1024;

const pemSchema = z.string().min(1).max(maxPemLength).optional();
const rfc3339Schema = z.iso.datetime({ offset: true, error: 'expected a time such as 2027-01-31T00:00:00Z' });

const trustedRootSchema = z
  .strictObject({
    name: nameSchema.optional().describe('A trusted root that the site has stored: `sealift trust show`.'),
    secretRef: localReferenceSchema
      .optional()
      .describe('Secret in the namespace of the policy; its entry `trusted_root.json` is the trusted root.'),
  })
  .refine(
    (root) => (root.name === undefined) !== (root.secretRef === undefined),
    'expected exactly one of name and secretRef',
  )
  .optional()
  .describe(
    "Whose logs, timestamp authorities and certificate authorities count: a trusted root of Sigstore. Without one, the public-good instance's.",
  );

function oneSource({ data, secretRef }: { readonly data?: unknown; readonly secretRef?: unknown }): boolean {
  return (data === undefined) !== (secretRef === undefined);
}

const keySchema = z
  .strictObject({
    data: pemSchema.describe('One or more public keys in PEM, any of which may sign: a rotation.'),
    secretRef: localReferenceSchema
      .optional()
      .describe('Secret in the namespace of the policy; every entry that ends in `.pub` is a key.'),
    notBefore: rfc3339Schema
      .optional()
      .describe('The keys may not have signed before; judged at every proven time, now where there is none.'),
    notAfter: rfc3339Schema.optional().describe('The keys may not have signed after.'),
    trustedRoot: trustedRootSchema,
  })
  .refine(oneSource, 'expected exactly one of data and secretRef')
  .refine(
    ({ notBefore = '', notAfter = '' }) =>
      notBefore === '' || notAfter === '' || Date.parse(notBefore) < Date.parse(notAfter),
    'expected notBefore before notAfter',
  );

const keylessSchema = z.strictObject({
  identities: z
    .array(keylessIdentitySchema)
    .min(1)
    .max(maxEntries)
    .describe('Who may sign: any of them is enough.'),
  trustedRoot: trustedRootSchema,
});

const certificateSchema = z
  .strictObject({
    data: pemSchema.describe(
      'Certificates in PEM: roots (issued by themselves), and intermediates if there are any.',
    ),
    secretRef: localReferenceSchema
      .optional()
      .describe(
        'Secret in the namespace of the policy; every entry that ends in `.crt` or `.pem` holds certificates.',
      ),
    identities: z
      .array(certificateIdentitySchema)
      .min(1)
      .max(maxEntries)
      .describe('Who may sign: any of them is enough.'),
    trustedRoot: trustedRootSchema,
  })
  .refine(oneSource, 'expected exactly one of data and secretRef');

/** Distinct operators are counted, and nobody keeps more logs than this; a threshold beyond it would never hold. */
const thresholdSchema = z.int().min(0).max(4).optional();

/** Somebody who may sign, and how that is proven. */
export const authoritySchema = z
  .strictObject({
    name: nameSchema.describe('For messages, statuses and `attestations[].authorities`.'),
    key: keySchema.optional().describe('Public keys.'),
    keyless: keylessSchema.optional().describe('A short-lived certificate by a Fulcio.'),
    certificate: certificateSchema
      .optional()
      .describe('A certificate for code signing by an authority of your own.'),
    logs: thresholdSchema.describe(
      'How many transparency logs, of distinct operators, have to hold the signature. 1 for `keyless` unless given, else 0.',
    ),
    timestamps: thresholdSchema.describe(
      'How many timestamp authorities, of distinct operators, have to have seen the signature. 0 unless given.',
    ),
  })
  .refine(
    ({ key, keyless, certificate }) =>
      [key, keyless, certificate].filter((one) => one !== undefined).length === 1,
    'expected exactly one of key, keyless and certificate',
  )
  .refine(
    ({ key, certificate, logs = 0, timestamps = 0 }) =>
      logs + timestamps > 0 || (key?.trustedRoot ?? certificate?.trustedRoot) === undefined,
    'expected logs or timestamps beside trustedRoot: without them it has no effect',
  );

export type PolicyAuthority = z.output<typeof authoritySchema>;
