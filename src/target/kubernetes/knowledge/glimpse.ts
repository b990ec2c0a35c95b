import { objectKeys } from '../../../api/index.ts';
import type { Departure, ObjectMarks, Owner } from '../../../core/index.ts';
import { ownerOf } from '../../owner-of.ts';
import type { LiveMetadata } from '../client/client.ts';
import { entryHash, ownEntry } from '../fields/own-entry.ts';
import { holdsFieldsToTakeOver } from '../fields/take-over.ts';

/** What is remembered of a live object: all that its metadata say about whether it is as we left it, and nothing else. */
export interface Glimpse {
  readonly uid: string;
  readonly resourceVersion: string;
  /** Hash of our entry; `undefined` when no field is ours. */
  readonly entry: string | undefined;
  /** Fields belong to somebody whom we take them over from, such as kubectl. */
  readonly foreignFields: boolean;
  readonly owner: Owner | undefined;
  readonly marks: ObjectMarks;
  /** Only of an object whose deletion was asked for. */
  readonly departure?: Departure;
}

/** The values of our keys are short words; a longer one means nothing. */
const maxMarkLength = 64;

/** Finalizers that are remembered of an object that goes, and their length: they are for a message. */
const maxFinalizers = 10;
const maxFinalizerLength = 256;

const markKeys: readonly string[] = Object.values(objectKeys);

export function glimpseOf(metadata: LiveMetadata): Glimpse {
  const entry = ownEntry(metadata);
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    entry: entry === undefined ? undefined : entryHash(entry),
    foreignFields: holdsFieldsToTakeOver(metadata),
    owner: ownerOf(metadata),
    marks: marksOf(metadata),
    ...departureOf(metadata),
  };
}

function departureOf({ deletionTimestamp, finalizers = [] }: LiveMetadata): Pick<Glimpse, 'departure'> {
  if (deletionTimestamp === undefined) return {};
  const texts = finalizers.slice(0, maxFinalizers).map((text) => `${text}`.slice(0, maxFinalizerLength));
  return { departure: { finalizers: texts } };
}

/** True when nothing differs that anybody would act upon. */
export function sameGlimpse(a: Glimpse, b: Glimpse): boolean {
  const compared = ({ resourceVersion: _, ...rest }: Glimpse): string => JSON.stringify(rest);
  return compared(a) === compared(b);
}

/** Empty ones are all the same object: most live objects have none of our keys. */
const noMarks: ObjectMarks = {};

function marksOf({ labels, annotations }: LiveMetadata): ObjectMarks {
  const marks = {
    ...ours('labels', labels),
    ...ours('annotations', annotations),
  };
  return Object.keys(marks).length === 0 ? noMarks : marks;
}

function ours(field: 'labels' | 'annotations', all: Readonly<Record<string, string>> = {}): ObjectMarks {
  const found = markKeys.filter((key) => Object.hasOwn(all, key));
  if (found.length === 0) return noMarks;
  return { [field]: Object.fromEntries(found.map((key) => [key, `${all[key]}`.slice(0, maxMarkLength)])) };
}
