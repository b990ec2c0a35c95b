import { RE2JS } from 're2js';
import semver from 'semver';
import { SealiftError } from '../core/index.ts';

/** A tag is a version only with all three numbers; a leading `v` and zero-padded numbers are let through, as Flux does. */
const versionTag = /^v?\d+\.\d+\.\d+([-+].*)?$/;

interface Candidate {
  readonly tag: string;
  readonly version: semver.SemVer;
}

function toCandidate(tag: string): Candidate | undefined {
  if (!versionTag.test(tag)) return undefined;
  const version = semver.parse(tag, { loose: true });
  return version === null ? undefined : { tag, version };
}

/**
 * One alternative of a range (between `||`), in the syntax of the semver package. Pre-releases count only where every
 * part of the alternative names one: https://github.com/Masterminds/semver/tree/v3.4.0#working-with-prerelease-versions
 */
interface Alternative {
  readonly range: semver.Range;
  readonly includePrerelease: boolean;
}

function parseAlternative(text: string, range: string): Alternative {
  const spaced = text.replaceAll(',', ' ').trim();
  const parts = spaced.split(/\s+/).filter((part) => /\d/.test(part));
  const includePrerelease = parts.length > 0 && parts.every((part) => part.includes('-'));
  try {
    return { range: new semver.Range(spaced, { loose: true, includePrerelease }), includePrerelease };
  } catch (cause) {
    throw new SealiftError(
      'REFERENCE_INVALID',
      `semver '${range}'`,
      'expected a range such as >=1.0.0 <2.0.0 or ~1.4',
      {
        cause,
      },
    );
  }
}

function compileFilter(pattern: string): (tag: string) => boolean {
  try {
    const compiled = RE2JS.compile(pattern);
    return (tag) => compiled.matcher(tag).find();
  } catch (cause) {
    throw new SealiftError(
      'REFERENCE_INVALID',
      `semverFilter '${pattern}'`,
      'expected an RE2 regular expression',
      { cause },
    );
  }
}

/**
 * The tag with the highest version inside a Masterminds range. Tags that are no version are passed over.
 * @throws SealiftError SEMVER_NO_MATCH, REFERENCE_INVALID.
 */
export function newestVersion(tags: readonly string[], range: string, filter: string | undefined): string {
  const alternatives = range.split('||').map((text) => parseAlternative(text, range));
  const passes = filter === undefined ? () => true : compileFilter(filter);
  const inRange = tags
    .filter(passes)
    .map(toCandidate)
    .filter((candidate) => candidate !== undefined)
    .filter(({ version }) => alternatives.some((alternative) => alternative.range.test(version)));
  const [newest] = inRange.sort((a, b) => semver.rcompare(a.version, b.version));
  if (newest === undefined) {
    throw new SealiftError(
      'SEMVER_NO_MATCH',
      `semver '${range}'`,
      `no match found among ${tags.length} tags`,
    );
  }
  return newest.tag;
}
