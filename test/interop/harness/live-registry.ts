/** A registry that runs on loopback for the time of a test. */
export interface LiveRegistry {
  /** `host:port`, as it stands in references. */
  readonly host: string;
  close(): Promise<void>;
}
