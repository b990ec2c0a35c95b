/** A private copy of an artifact's tree, in which kustomize works. */
export interface Workspace {
  /** Absolute directory of the copy. */
  readonly root: string;
  /** An empty directory of its own. */
  readonly home: string;
  /** Writes a file of the copy, in place of what is there. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Removes everything. */
  remove(): Promise<void>;
}

export interface Workspaces {
  /** Copies the regular files below a directory. @throws SealiftError DISK_FAILED; nothing stays behind then. */
  open(root: string, signal: AbortSignal): Promise<Workspace>;
}
