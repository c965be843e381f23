import type { Mirror } from "./mirror.js";
import type { KnownRef } from "./refs.js";
import { SourceError } from "./source-error.js";

/** The other end of a mirror: a repository that is reached by one protocol. Throws `SourceError`. */
export interface GitRemote {
  /** Without credentials in it. */
  readonly url: string;
  /**
   * The refs that the repository has, peeled. Only those of `names` are of interest (undefined: all
   * are); the answer may hold others.
   */
  listRefs(names: readonly string[] | undefined, signal: AbortSignal): Promise<readonly KnownRef[]>;
  /** Brings a commit into a mirror, as a whole or not at all. */
  fetch(mirror: Mirror, want: WantedCommit, signal: AbortSignal): Promise<void>;
  /** Forgets what the repository said earlier. */
  forget(): void;
  close(): Promise<void>;
}

/** A commit that a remote is asked for. */
export interface WantedCommit {
  readonly oid: string;
  /** The full name of the ref that was found to name it, where it was found by one. */
  readonly ref: string | undefined;
  /**
   * Only this many commits of its history: for the first fetch alone, since a later one would bring
   * every file again. Undefined: what is missing.
   */
  readonly depth: number | undefined;
}

/** The error for a commit that the remote does not know, or does not give. */
export function commitNotGiven(oid: string, cause: unknown): SourceError {
  return new SourceError(
    "source/ref-not-found",
    `the remote does not give commit ${oid}: it is on no branch, or not any more; push it again`,
    { cause },
  );
}

/** The error for a fetch that went well and brought something else. */
export function commitNotSent(oid: string): SourceError {
  const message = `the remote sent a pack without commit ${oid}; it will be asked again`;
  return new SourceError("source/protocol", message);
}
