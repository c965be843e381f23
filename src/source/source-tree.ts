/** One commit of the config repository. */
export interface CommitInfo {
  /** 40 hex digits (SHA-1). */
  readonly oid: string;
  /** The commit's tree at the base path: equal trees have equal config. */
  readonly treeOid: string;
  /** First parent; undefined at the root and at a shallow boundary. */
  readonly parent?: string;
  readonly author: Signature;
  readonly committer: Signature;
  /** The whole message. */
  readonly message: string;
}

/** Who did something in Git, and when. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly timestampS: number;
}

/**
 * The files of one commit below the base path. Immutable. A folder or file whose oid and path did
 * not change since an earlier tree of the same source is the same object (`===`), so that what was
 * made of it can be remembered by identity.
 */
export interface SourceTree {
  readonly commit: CommitInfo;
  readonly root: SourceFolder;
}

/** A folder. Its entries are in the order of their names (UTF-16 code units). */
export interface SourceFolder {
  readonly kind: "folder";
  /** From the root of the repository, with `/`; `""` is the root itself. */
  readonly path: string;
  /** The last part of `path`. */
  readonly name: string;
  readonly oid: string;
  readonly entries: readonly SourceEntry[];
  /** The files of another repository, which says itself (`gloo.yaml`) what of it is config. */
  readonly isMount?: boolean;
}

/** A file that was read. */
export interface SourceFile {
  readonly kind: "file";
  readonly path: string;
  readonly name: string;
  readonly oid: string;
  readonly bytes: Uint8Array;
}

/** An entry whose content is not read, and why. */
export interface SourceRefusal {
  readonly kind: "refused";
  readonly path: string;
  readonly name: string;
  readonly oid: string;
  readonly reason: "symlink" | "submodule" | "file-too-large" | "unsafe-name" | "too-deep";
  /** Size in bytes where it is known, for `file-too-large`. */
  readonly size?: number;
}

/** A file that config does not read (`wants` of the source's options said no). Only listed. */
export interface SourceSkipped {
  readonly kind: "skipped";
  readonly path: string;
  readonly name: string;
  readonly oid: string;
}

export type SourceEntry = SourceFolder | SourceFile | SourceRefusal | SourceSkipped;
