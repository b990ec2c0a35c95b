import * as z from 'zod';
import { durationSchema } from './duration.ts';

/** What must not go backwards, and how old a signature may be. Its meaning: room verify, folder freshness. */
export const freshnessSchema = z
  .strictObject({
    order: z
      .enum(['none', 'sequence', 'semver', 'signedTime'])
      .default('none')
      .describe(
        'What only goes forward: the signed `sequence`, the version that the tag names, or the proven time of the signature.',
      ),
    expires: z
      .enum(['required', 'ifPresent', 'ignore'])
      .default('ifPresent')
      .describe(
        'Whether a signature has to say until when it counts, is held to it where it does, or is not.',
      ),
    maxAge: durationSchema
      .optional()
      .describe('How old the proven time of the signature may be when a revision is taken.'),
    maxJump: z
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('By how much the sequence may rise at once.'),
    audience: z
      .array(z.string().min(1).max(253))
      .min(1)
      .max(64)
      .optional()
      .describe('The signature has to be meant for one of these: its annotation `dev.sealift.audience`.'),
  })
  .refine(
    ({ order, maxJump }) => maxJump === undefined || order === 'sequence',
    'expected order: sequence beside maxJump: without it maxJump has no effect',
  );

export type PolicyFreshness = z.output<typeof freshnessSchema>;
