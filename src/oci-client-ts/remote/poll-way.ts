import type { PollWay } from './learned.ts';

/** How one poll is put: a GET with an entity tag, a HEAD, or a GET without condition. */
export type Question = 'conditional' | 'head' | 'get';

export interface PollState {
  readonly way: PollWay;
  /** Docker Hub counts a GET as a pull, and a HEAD not. */
  readonly isDockerHub: boolean;
  /** The validator holds an entity tag that may be sent. */
  readonly hasEtag: boolean;
}

/**
 * The one request that costs least where nothing has changed. A changed tag comes with its manifest in the answer to a conditional GET; where that
 * asked for the type of the known manifest alone, one more asks with all types and the new entity tag whether the tag names it, and has no body.
 */
export function chooseQuestion({ way, isDockerHub, hasEtag }: PollState): Question {
  if (isDockerHub) return 'head';
  if (way === 'head' || way === 'get') return way;
  return hasEtag ? 'conditional' : 'head';
}

export interface Seen {
  /** What was asked; `first` for a GET that could not know anything. */
  readonly question: Question | 'first';
  /** The manifest is the known one. */
  readonly isSame: boolean;
  readonly isNotModified: boolean;
  readonly hasEtag: boolean;
  /** The answer named the digest, and by the algorithm that is used here. */
  readonly isNamed: boolean;
}

/** What an answer teaches about the next poll. */
export function learnFrom(
  way: PollWay,
  { question, isNotModified, isSame, hasEtag, isNamed }: Seen,
): PollWay {
  const withoutEtag = isNamed ? 'head' : 'get';
  if (isNotModified) return 'etag';
  switch (question) {
    case 'head':
      return isNamed ? way : 'get';
    case 'conditional':
      return isSame ? withoutEtag : way;
    case 'get':
      return way;
    case 'first':
      return way === 'unknown' && !hasEtag ? withoutEtag : way;
  }
}
