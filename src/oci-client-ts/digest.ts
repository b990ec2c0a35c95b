import { createHash } from 'node:crypto';
import { OciError } from './errors.ts';

export interface Digest {
  readonly algorithm: string;
  readonly encoded: string;
}

/** Collects bytes and answers with their digest; usable once. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Digest of what was given so far; more may follow. */
  soFar(): string;
  /** `algorithm:encoded` of everything given so far. */
  digest(): string;
}

/** A digest is remote text: 255 characters hold every registered algorithm several times over. */
const maxDigestLength = 255;

const grammar = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/;

const encodings: Readonly<Record<string, RegExp>> = {
  sha256: /^[a-f0-9]{64}$/,
  sha512: /^[a-f0-9]{128}$/,
};

/**
 * Splits `algorithm:encoded`. An unknown algorithm is accepted when it is well formed, since a descriptor may carry one; only reading
 * its content needs the algorithm. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 * @throws OciError `invalid`.
 */
export function parseDigest(text: string): Digest {
  const [, algorithm, encoded] = (text.length <= maxDigestLength && grammar.exec(text)) || [];
  if (algorithm === undefined || encoded === undefined) {
    throw new OciError(
      'invalid',
      `digest ${JSON.stringify(text.slice(0, 80))}`,
      'expected <algorithm>:<encoded>',
    );
  }
  const encoding = Object.hasOwn(encodings, algorithm) ? encodings[algorithm] : undefined;
  if (encoding !== undefined && !encoding.test(encoded)) {
    const length = algorithm === 'sha256' ? 64 : 128;
    throw new OciError(
      'invalid',
      `digest ${text.slice(0, 80)}`,
      `expected ${length} lower-case hex digits, got ${encoded.length} characters`,
    );
  }
  return { algorithm, encoded };
}

/** @throws OciError `unsupported` for an algorithm this package cannot compute. */
export function createHasher(algorithm: string): Hasher {
  if (!Object.hasOwn(encodings, algorithm)) {
    throw new OciError(
      'unsupported',
      `digest algorithm ${algorithm.slice(0, 80)}`,
      `expected one of ${Object.keys(encodings).join(', ')}`,
    );
  }
  const hash = createHash(algorithm);
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    soFar: () => `${algorithm}:${hash.copy().digest('hex')}`,
    digest: () => `${algorithm}:${hash.digest('hex')}`,
  };
}

/** `sha256:<hex>` of the bytes. */
export function sha256(bytes: Uint8Array): string {
  const hasher = createHasher('sha256');
  hasher.update(bytes);
  return hasher.digest();
}
