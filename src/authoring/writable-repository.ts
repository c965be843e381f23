import type { ObjectStore } from "../source/objects/object-store.js";
import type { NewObject } from "./new-object.js";

/** The branches of a repository, and what the default one is. */
export interface BranchList {
  /** Name without `refs/heads/` → commit. */
  readonly branches: ReadonlyMap<string, string>;
  /** What `HEAD` names; undefined where the repository does not say. */
  readonly defaultBranch: string | undefined;
}

/** A commit that is to become the tip of a branch. */
export interface Publication {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** What the branch must name still; undefined: there must be no such branch. */
  readonly before: string | undefined;
  readonly commit: string;
  /** All that the repository has not got. */
  readonly objects: readonly NewObject[];
}

/**
 * A repository that commits can be added to. One owner calls it, one call at a time. Every call may
 * throw a `SourceError` or an `AuthoringError`. Nothing is ever overwritten: a branch only moves from
 * the commit that is named to a child of it.
 */
export interface WritableRepository {
  /** Safe to print. */
  readonly label: string;
  listBranches(signal: AbortSignal): Promise<BranchList>;
  /**
   * Makes a commit and up to `depth` of its ancestors (default 1: itself alone) readable, and gives
   * what reads them until the next call.
   */
  open(commit: string, signal: AbortSignal, depth?: number): Promise<ObjectStore>;
  /**
   * Puts a commit on its branch. Throws `BranchMovedError` if the branch is not where it was, and
   * `PushRejectedError` if the repository does not accept it.
   */
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
