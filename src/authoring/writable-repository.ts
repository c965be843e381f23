import type { ObjectStore } from "../source/objects/object-store.js";
import type { NewObject } from "./new-object.js";

/** The branches of a repository, and what the default one is. */
export interface BranchList {
  /** Name without `refs/heads/` → commit. */
  readonly branches: ReadonlyMap<string, string>;
  /** What `HEAD` names; undefined where the repository does not say. */
  readonly defaultBranch: string | undefined;
}

/** A commit that is to become the tip of a ref: a branch, or notes. */
export interface Publication {
  /** Its full name, such as `refs/heads/main`. */
  readonly ref: string;
  /** What the ref must name still; undefined: there must be no such ref. */
  readonly before: string | undefined;
  readonly commit: string;
  /** All that the repository has not got. */
  readonly objects: readonly NewObject[];
}

/**
 * A repository that commits can be added to. One owner calls it, one call at a time. Every call may
 * throw a `SourceError` or an `AuthoringError`. Nothing is ever overwritten: a ref only moves from the
 * commit that is named to a child of it.
 */
export interface WritableRepository {
  /** Safe to print. */
  readonly label: string;
  listBranches(signal: AbortSignal): Promise<BranchList>;
  /** The commit that a ref names, by its full name; undefined: there is no such ref. */
  tipOf(ref: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Makes a commit and up to `depth` of its ancestors (default 1: itself alone) readable, and gives
   * what reads them until the next call.
   */
  open(commit: string, signal: AbortSignal, depth?: number): Promise<ObjectStore>;
  /**
   * Puts a commit on its ref. Throws `BranchMovedError` if the ref is not where it was, and
   * `PushRejectedError` if the repository does not accept it.
   */
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
