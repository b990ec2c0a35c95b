import ignore from 'ignore';
import { SealiftError } from '../core/index.ts';

/** Name of the file that holds ignore patterns for its directory. */
export const sourceIgnoreFile = '.sourceignore';

/** Patterns cost time for each path, and their regular expressions for each `**`: far above what people write. */
export const ignoreLimits = Object.freeze({
  /** Bytes of one `.sourceignore` or `ignore` text. */
  textBytes: 64 * 1024,
  /** Patterns in all. */
  patterns: 1024,
  /** Bytes of one pattern. */
  patternBytes: 1024,
  /** `**` in one pattern: each may stand for 0 to `depth` directories, and they multiply. */
  doubleStars: 4,
});

export interface IgnoreText {
  /** Directory the patterns are for, relative to the root; empty for the root. */
  readonly directory: string;
  readonly text: string;
  /** Where the text is from, for errors. */
  readonly origin: string;
}

/** `pack`: what `flux push artifact` leaves out, then the texts. `unpack`: what source-controller leaves out when it archives. */
export type IgnorePreset = 'pack' | 'unpack';

/** Decides whether a path is left out. `path` is relative, with `/`. */
export type IgnoreDecision = (path: string, directory: boolean) => boolean;

/** Consecutive patterns of one directory and one sign: any match decides. */
interface Run {
  readonly directory: string;
  readonly negated: boolean;
  readonly patterns: ignore.Ignore;
}

interface Pattern {
  readonly directory: string;
  readonly negated: boolean;
  readonly text: string;
}

const versionControl = ['.git/', '.gitignore', '.gitmodules', '.gitattributes'];
const media = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip'];
const pipelines = [
  '.github/',
  '.circleci/',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
];
const tools = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml'];

function requireAtMost(limit: keyof typeof ignoreLimits, got: number, origin: string): void {
  if (got <= ignoreLimits[limit]) return;
  throw new SealiftError(
    'ARCHIVE_LIMIT_EXCEEDED',
    origin,
    `expected at most ${ignoreLimits[limit]} (limit ignore.${limit}), got ${got}`,
  );
}

function patternOf(line: string, { directory, origin }: IgnoreText): Pattern {
  requireAtMost('patternBytes', Buffer.byteLength(line), origin);
  requireAtMost('doubleStars', line.split(/\*{2,}/).length - 1, origin);
  const negated = line.startsWith('!');
  const bare = negated ? line.slice(1) : line;
  // Only the first sign of a line negates, and only a whole line is a comment.
  const text = /^[!#]/.test(bare) ? `\\${bare}` : bare;
  return { directory, negated, text };
}

function patternsOf(source: IgnoreText): readonly Pattern[] {
  requireAtMost('textBytes', Buffer.byteLength(source.text), source.origin);
  return source.text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => patternOf(line, source));
}

function presetPatterns(preset: IgnorePreset, withTexts: boolean): readonly Pattern[] {
  const fallback = preset === 'pack' ? media : withTexts ? [] : [...media, ...pipelines, ...tools];
  return [...versionControl, ...fallback].map((text) => ({ directory: '', negated: false, text }));
}

function inRuns(patterns: readonly Pattern[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { directory, negated, text } of patterns) {
    let run = runs.at(-1);
    if (run === undefined || run.directory !== directory || run.negated !== negated) {
      run = { directory, negated, patterns: ignore({ ignorecase: false }) };
      runs.push(run);
    }
    run.patterns.add({ pattern: text });
  }
  return runs;
}

/** The path as seen from the directory of the patterns; `undefined` when it is not below it. */
function below(directory: string, path: string): string | undefined {
  if (directory === '') return path;
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}

/**
 * Compiles ignore texts, given from the root downwards and `spec.ignore` last. The syntax is gitignore's; as in Flux the last pattern that
 * matches a path or one of its parents decides, so that `!` brings back what lies in an ignored directory.
 * @throws SealiftError ARCHIVE_LIMIT_EXCEEDED.
 */
export function compileIgnore(texts: readonly IgnoreText[], preset: IgnorePreset): IgnoreDecision {
  const own = texts.flatMap(patternsOf);
  requireAtMost('patterns', own.length, 'ignore patterns');
  const runs = inRuns([...presetPatterns(preset, own.length > 0), ...own]).toReversed();
  return (path, directory) => {
    if (path === '') return false;
    const decisive = runs.find((run) => {
      const relative = below(run.directory, path);
      return relative !== undefined && run.patterns.ignores(directory ? `${relative}/` : relative);
    });
    return decisive !== undefined && !decisive.negated;
  };
}
