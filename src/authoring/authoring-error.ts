/** What can be in the way of a commit, beyond a repository that cannot be read. */
export type AuthoringErrorCode =
  | "authoring/conflict"
  | "authoring/branch-moved"
  | "authoring/rejected"
  | "authoring/bad-path"
  | "authoring/bad-commit"
  | "authoring/work-tree-dirty"
  | "authoring/signing-failed"
  | "authoring/git-failed";

/** A commit could not be made or not be put on its branch. Nothing has changed. */
export class AuthoringError extends Error {
  override readonly name: string = "AuthoringError";
  readonly code: AuthoringErrorCode;

  constructor(code: AuthoringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Somebody else has changed what the writer had looked at. */
export class ConflictError extends AuthoringError {
  override readonly name = "ConflictError";
  /** The file or folder that both have changed. */
  readonly path: string;
  /** The commit that holds the other change, or one that came after it. */
  readonly commit: string | undefined;

  constructor(path: string, commit: string | undefined, message?: string) {
    const where = commit === undefined ? "" : ` in commit ${commit.slice(0, 12)}`;
    const said = `${path} has been changed${where}; look at it again, and repeat the change`;
    super("authoring/conflict", message ?? said);
    this.path = path;
    this.commit = commit;
  }
}

/** The ref names another commit than it did: the commit can be made anew on that. */
export class BranchMovedError extends AuthoringError {
  override readonly name = "BranchMovedError";

  constructor(ref: string, options?: ErrorOptions) {
    super("authoring/branch-moved", `${shownRef(ref)} moved on meanwhile; try again`, options);
  }
}

/** The repository's server did not accept the commit: a hook, a protected branch, a rule of its own. */
export class PushRejectedError extends AuthoringError {
  override readonly name = "PushRejectedError";
  /** Why, in Git's words. */
  readonly reason: string;
  /** What hooks of the server printed, line by line. */
  readonly remoteLines: readonly string[];

  constructor(ref: string, reason: string, remoteLines: readonly string[]) {
    const said = remoteLines.length === 0 ? "" : `: ${remoteLines.join("\n")}`;
    super(
      "authoring/rejected",
      `the server refused the push to ${shownRef(ref)} (${reason})${said}`,
    );
    this.reason = reason;
    this.remoteLines = remoteLines;
  }
}

/** A ref as people call it: a branch by its short name, anything else by its full one. */
function shownRef(ref: string): string {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  return branch === undefined ? ref : `branch "${branch}"`;
}
