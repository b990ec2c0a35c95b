/** One file of a configuration, as text. */
export interface ConfigurationFile {
  /** As the operator wrote it, for messages. */
  readonly path: string;
  readonly text: string;
}
