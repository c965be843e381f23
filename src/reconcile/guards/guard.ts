import type { Config } from "../../model/resource.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Made, Release } from "../releases/release.js";
import type { Hold } from "./hold.js";

/**
 * Holds good commits back that look as if nobody meant them, or that come at a bad time, until the
 * reason is gone or a person approves. Asked in every turn in which its answer may have changed; never
 * about what is served, a commit that somebody approved, one that changes nothing for Envoys, or while
 * nothing is served at all.
 */
export interface Guard {
  /** Why the candidate may not go live yet; undefined: this guard has nothing against it. */
  holdOf(candidate: Candidate): Hold | undefined;
}

/** A good commit that would go live, and what it would take the place of. */
export interface Candidate {
  readonly commit: CommitInfo;
  readonly release: Release & { readonly made: Made };
  readonly served: Release;
  /** What is served was made of; undefined: its commit cannot be read any more. */
  readonly servedConfig: Config | undefined;
  /** It comes on a history that what is served is not in, and nobody has approved of that. */
  readonly isRewritten: boolean;
  /** Its tree was live before: it is a revert. */
  readonly isKnownGood: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}
