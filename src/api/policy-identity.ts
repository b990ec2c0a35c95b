import * as z from 'zod';
import { extensionOid, fulcioExtensions } from './fulcio-extensions.ts';
import { maxTextLength, patternSchema } from './pattern.ts';

const textSchema = z.string().min(1).max(maxTextLength);

const expectedExtension = `expected one of ${Object.keys(fulcioExtensions).join(', ')}, or a dotted object identifier`;
const extensionName = z.string().refine((name) => extensionOid(name) !== undefined, expectedExtension);

const names = {
  issuer: textSchema.optional().describe('Issuer of the identity, exactly: who vouched for the signer.'),
  issuerPattern: patternSchema.optional().describe('Issuer, by a pattern that has to match the whole text.'),
  subject: textSchema
    .optional()
    .describe('Subject of the certificate, exactly: mail address, URI of a workflow, SPIFFE id.'),
  subjectPattern: patternSchema
    .optional()
    .describe('Subject, by a pattern that has to match the whole text.'),
};

const extensions = {
  extensions: z
    .record(extensionName, textSchema)
    .default({})
    .describe(
      `Extensions of the certificate, exactly. Keys: ${Object.keys(fulcioExtensions)
        .map((name) => `\`${name}\``)
        .join(', ')}, or a dotted object identifier.`,
    ),
  extensionPatterns: z
    .record(extensionName, patternSchema)
    .default({})
    .describe('Extensions of the certificate, by patterns that have to match the whole text.'),
};

function atMostOne(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined;
}

function exactlyOne(a: unknown, b: unknown): boolean {
  return (a === undefined) !== (b === undefined);
}

const oneIssuer = 'expected exactly one of issuer and issuerPattern';
const oneSubject = 'expected exactly one of subject and subjectPattern';

/** Somebody with a certificate by Fulcio. */
export const keylessIdentitySchema = z
  .strictObject({ ...names, ...extensions })
  .refine((identity) => exactlyOne(identity.issuer, identity.issuerPattern), oneIssuer)
  .refine((identity) => exactlyOne(identity.subject, identity.subjectPattern), oneSubject);

/** Somebody with a certificate by an authority of the site's own: that authority is the issuer. */
export const certificateIdentitySchema = z
  .strictObject({ subject: names.subject, subjectPattern: names.subjectPattern, ...extensions })
  .refine((identity) => exactlyOne(identity.subject, identity.subjectPattern), oneSubject);

/** Somebody who may not sign, whatever else they are. */
export const deniedIdentitySchema = z
  .strictObject(names)
  .refine((identity) => atMostOne(identity.issuer, identity.issuerPattern), oneIssuer)
  .refine((identity) => atMostOne(identity.subject, identity.subjectPattern), oneSubject)
  .refine(
    (identity) => Object.values(identity).some((value) => value !== undefined),
    'expected an issuer, a subject or both',
  );

export type PolicyIdentity = z.output<typeof keylessIdentitySchema>;
