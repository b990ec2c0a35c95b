/** Names content by digest, size and type. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  /** `algorithm:encoded`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  /** The content itself, base64, when it is small. */
  readonly data?: string;
  readonly urls?: readonly string[];
  readonly platform?: Readonly<Record<string, unknown>>;
}
