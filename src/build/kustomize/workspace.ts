/** The part of an artifact's tree that a build reads. Paths are those of the tree. */
export interface TreePart {
  /** Absolute directory of the artifact. */
  readonly root: string;
  readonly files: ReadonlySet<string>;
  /** Directories that must be there even when no file of them is. */
  readonly directories: ReadonlySet<string>;
}

/** A private copy of it, in which kustomize works. Its files may be those of the artifact by a second name: they are read, and replaced by `write`. */
export interface Workspace {
  /** Absolute directory of the copy. */
  readonly root: string;
  /** An empty directory of its own. */
  readonly home: string;
  /** Writes a file of the copy, in place of what is there. */
  write(path: string, content: string | Uint8Array): void;
  /** Removes everything. */
  remove(): Promise<void>;
}

export interface Workspaces {
  /** Links or copies files. @throws SealiftError DISK_FAILED, YAML_LIMIT_EXCEEDED; nothing stays behind then. */
  open(part: TreePart, signal: AbortSignal): Promise<Workspace>;
}
