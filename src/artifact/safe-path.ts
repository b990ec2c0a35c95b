import { SealiftError } from '../core/index.ts';
import { entrySubject } from './entry-subject.ts';
import { requireWithin, type UnpackLimits } from './limits.ts';
import type { EntryKind } from './tar-entry.ts';

interface ComponentRule {
  readonly refused: RegExp;
  readonly because: string;
}

/**
 * Checked on each component and on its NFKC form, which is what some file systems store: a fullwidth dot or slash is a dot or slash
 * there. The order is that of the messages: the most telling first.
 */
const componentRules: readonly ComponentRule[] = [
  { refused: /^$/, because: 'an empty path component' },
  { refused: /^\.\.$/, because: 'a ".." component, which leaves the tree' },
  { refused: /^\.$/, because: 'a "." component inside the path' },
  { refused: /[\\/]/, because: 'a character that separates directories elsewhere' },
  { refused: /[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u, because: 'a control or invisible character' },
  { refused: /^[A-Za-z]:/, because: 'a drive letter' },
  { refused: /[. ]$/, because: 'a component that ends in a dot or space, which Windows drops' },
  {
    // https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
    refused: /^(con|prn|aux|nul|com[1-9]|lpt[1-9]|conin\$|conout\$)(\.|$)/i,
    because: 'a name that Windows reserves for a device',
  },
];

function unsafe(name: string, because: string): SealiftError {
  return new SealiftError(
    'ARCHIVE_PATH_UNSAFE',
    entrySubject(name),
    `expected a plain relative path, got ${because}`,
  );
}

function checkComponent(name: string, component: string, limits: UnpackLimits): void {
  const forms = [component, component.normalize('NFKC')];
  for (const { refused, because } of componentRules) {
    if (forms.some((form) => refused.test(form))) throw unsafe(name, because);
  }
  requireWithin(limits, 'componentBytes', Buffer.byteLength(component), entrySubject(name));
}

function withoutMargins(name: string, kind: EntryKind): string {
  const start = name.startsWith('./') ? 2 : 0;
  const end = kind === 'directory' && name.length > start && name.endsWith('/') ? -1 : undefined;
  return name.slice(start, end);
}

/**
 * The path of an entry below the tree's root, or an error: a name is checked and never mended. Allowed besides plain relative names: one
 * leading `./`, one trailing `/` on a directory, and `.` or `./` for the root, which gives the empty path.
 * @throws SealiftError ARCHIVE_PATH_UNSAFE, ARCHIVE_LIMIT_EXCEEDED.
 */
export function safePath(name: string, kind: EntryKind, limits: UnpackLimits): string {
  if (kind === 'directory' && (name === '.' || name === './')) return '';
  requireWithin(limits, 'pathBytes', Buffer.byteLength(name), entrySubject(name));
  if (name === '') throw unsafe(name, 'an empty name');
  if (name.startsWith('/')) throw unsafe(name, 'an absolute path');
  if (kind !== 'directory' && name.endsWith('/')) {
    throw unsafe(name, `a ${kind} whose name ends in "/"`);
  }
  const path = withoutMargins(name, kind);
  const components = path.split('/');
  requireWithin(limits, 'depth', components.length, entrySubject(name));
  for (const component of components) checkComponent(name, component, limits);
  return path;
}
