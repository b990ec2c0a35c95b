import { printable } from './printable.ts';

/** What is worth keeping of an error answer. */
export interface ErrorBody {
  readonly registryCode?: string;
  readonly text?: string;
}

const codeGrammar = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * Reads the registry's error list, or the first words of a plain text; a page of HTML says nothing to an operator. Never throws.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function parseErrorBody(bytes: Uint8Array): ErrorBody {
  const body = new TextDecoder().decode(bytes).trim();
  if (body === '' || body.startsWith('<')) return {};
  const document = parseJson(body);
  if (document === undefined) return withText(body);
  const first = firstError(document);
  const code = first?.code;
  return {
    ...(typeof code === 'string' && codeGrammar.test(code) ? { registryCode: code } : {}),
    ...(typeof first?.message === 'string' ? withText(first.message) : {}),
  };
}

function withText(text: string): ErrorBody {
  const shown = printable(text);
  return shown === '' ? {} : { text: shown };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function firstError(document: unknown): { readonly code?: unknown; readonly message?: unknown } | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const errors = 'errors' in document ? document.errors : [document];
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return typeof first === 'object' && first !== null ? first : undefined;
}
