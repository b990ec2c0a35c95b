/** What a target remembers of an object that it wrote, to know it again without reading it. Hashes in base64url, 22 characters each. */
export interface Trace {
  /** Hash of the object that was asked for; where fields of it are left to others, of the rest, and after a dot of which ones. */
  readonly desired: string;
  readonly uid: string;
  /** Hash of what the API server noted of the fields that are ours. */
  readonly entry: string;
}

/** Traces by inventory id. They can be made again by reading, so that one that is lost costs requests and nothing else. */
export interface Traces {
  find(id: string): Trace | undefined;
  save(id: string, trace: Trace): void;
  /** Its absence is success. */
  remove(id: string): void;
}
