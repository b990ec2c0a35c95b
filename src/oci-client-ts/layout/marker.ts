import { OciError } from '../errors.ts';

export const markerContent = '{"imageLayoutVersion":"1.0.0"}';
export const maxMarkerBytes: number = 64 * 1024;

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file @throws OciError `invalid`, `unsupported`. */
export function checkMarker(content: Uint8Array, path: string): void {
  let version: unknown;
  try {
    version = (JSON.parse(new TextDecoder().decode(content)) as { imageLayoutVersion?: unknown } | null)
      ?.imageLayoutVersion;
  } catch (cause) {
    throw new OciError('invalid', path, `expected JSON, got ${content.byteLength} other bytes`, { cause });
  }
  if (version !== '1.0.0') {
    throw new OciError(
      'unsupported',
      path,
      `expected imageLayoutVersion "1.0.0", got ${JSON.stringify(version)?.slice(0, 40)}`,
    );
  }
}
