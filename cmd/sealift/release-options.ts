import { type Command, InvalidArgumentError } from 'commander';
import { freshnessAnnotations } from '../../src/api/index.ts';
import { rfc3339, SealiftError } from '../../src/core/index.ts';
import type { Annotations } from './annotations-option.ts';
import { parseExpiry } from './expiry.ts';

/** What the options say about the place of an artifact among the others. */
export interface ReleaseOptions {
  readonly sequence?: number | 'auto';
  readonly stream?: string;
  readonly expires?: string;
}

/** What a push says of the place of its artifact among the others, and where it says so. */
export interface Release {
  /** `auto`: the next after what the repository holds of this stream. */
  readonly sequence?: number | 'auto';
  /** Of the manifest; the sequence is added when it is known. */
  readonly annotations: Annotations;
  /** Signed beside the digest. */
  readonly signed: Annotations;
}

function parseSequence(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const value = Number(text);
  if (/^[1-9][0-9]*$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, or auto`);
}

/** Adds the options that let sites tell newer from older, and that say until when an artifact is meant. */
export function addReleaseOptions(command: Command): Command {
  return command
    .option(
      '--sequence <number>',
      'place among the releases of the stream: a number, or auto for the next after those in the repository',
      parseSequence,
    )
    .option('--stream <name>', 'line of releases that the sequence counts, where a repository holds several')
    .option(
      '--expires <when>',
      'until when it is meant: RFC 3339, or from now as 90d, 12h, 30m; signed where this command signs, else in the manifest',
    );
}

/** @throws SealiftError USAGE for what cannot be, or is said twice. */
export function releaseOf(
  { sequence, stream, expires }: ReleaseOptions,
  { given, isSigned, now }: { readonly given: Annotations; readonly isSigned: boolean; readonly now: number },
): Release {
  const end = expires === undefined ? {} : { [freshnessAnnotations.expires]: parseExpiry(expires, now) };
  const isStated = sequence !== undefined || expires !== undefined;
  const release: Release = {
    ...(sequence === undefined ? {} : { sequence }),
    annotations: {
      ...(stream === undefined ? {} : { [freshnessAnnotations.stream]: stream }),
      ...(isSigned ? {} : end),
    },
    signed: isSigned && isStated ? { ...end, [freshnessAnnotations.issued]: rfc3339(now) } : {},
  };
  const names = [
    ...Object.keys(release.annotations),
    ...(sequence === undefined ? [] : [freshnessAnnotations.sequence]),
  ];
  const twice = names.find((name) => Object.hasOwn(given, name));
  if (twice === undefined) return release;
  throw new SealiftError('USAGE', twice, 'expected either the option or the annotation, got both');
}
