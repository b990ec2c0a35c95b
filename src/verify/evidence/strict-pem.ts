import { SealiftError } from '../../core/index.ts';

export interface PemBlock {
  readonly label: string;
  readonly content: Uint8Array;
}

/** A key is at most a few kilobytes; 64 KiB leaves room for every kind and bounds what is scanned. */
const maxPemCharacters = 64 * 1024;

const envelope = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END ([A-Z0-9 ]+)-----\s*$/;

/**
 * The one PEM block of a text that holds nothing else. https://www.rfc-editor.org/rfc/rfc7468#section-3
 * @throws SealiftError KEY_INVALID; the text names labels, never content.
 */
export function parsePem(text: string, expected: readonly string[], subject: string): PemBlock {
  if (text.length > maxPemCharacters) {
    throw invalid(subject, `expected at most ${maxPemCharacters} characters, got ${text.length}`);
  }
  const [, label = '', encoded = '', end] = envelope.exec(text) ?? [];
  if (label !== end) throw invalid(subject, `expected one PEM block and nothing else`);
  if (!expected.includes(label))
    throw invalid(subject, `expected PEM ${expected.join(' or ')}, got ${label.slice(0, 60)}`);
  const compact = encoded.replaceAll(/[\r\n]/g, '');
  const content = Buffer.from(compact, 'base64');
  if (content.toString('base64') !== compact) throw invalid(subject, 'expected base64 inside the PEM block');
  return { label, content };
}

function invalid(subject: string, detail: string): SealiftError {
  return new SealiftError('KEY_INVALID', subject, detail);
}
