import * as z from 'zod';
import { madeOnce } from './made-once.ts';
import { base64Schema } from './strict-base64.ts';

/** A log of 2^64 entries has proofs of this length. */
const maxProofHashes = 64;

/** A signed note of the log and its witnesses; each of those adds some 150 bytes. */
const maxCheckpointCharacters = 16 * 1024;

/** An integer of 64 bits as protobuf writes it in JSON, and none below zero. Whoever writes it by protobuf's rules leaves a zero out. */
const integerSchema = madeOnce(() =>
  z.string().regex(/^(?:0|[1-9][0-9]{0,18})$/, 'expected an integer as decimal digits'),
);

const proofSchema = madeOnce(() =>
  z.strictObject({
    logIndex: integerSchema().optional(),
    rootHash: base64Schema,
    treeSize: integerSchema(),
    hashes: z.array(base64Schema).max(maxProofHashes).optional(),
    checkpoint: z.strictObject({ envelope: z.string().min(1).max(maxCheckpointCharacters) }).optional(),
  }),
);

/** https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_rekor.proto */
export const logEntrySchema = madeOnce(() =>
  z.strictObject({
    logIndex: integerSchema().optional(),
    logId: z.strictObject({ keyId: base64Schema }),
    kindVersion: z.strictObject({ kind: z.string().min(1).max(64), version: z.string().min(1).max(64) }),
    integratedTime: integerSchema().optional(),
    inclusionPromise: z.strictObject({ signedEntryTimestamp: base64Schema }).optional(),
    inclusionProof: proofSchema().optional(),
    canonicalizedBody: base64Schema,
  }),
);

export type LogEntry = z.output<ReturnType<typeof logEntrySchema>>;
