import git from "isomorphic-git";
import { codeOf } from "./network-error.js";
import { CorruptObjectError } from "./objects/git-object.js";
import { scrubUrls } from "./remote-url.js";
import { SourceError } from "./source-error.js";

const diskCodes =
  /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|EMFILE|ENFILE|ENOTDIR|ENOENT|EISDIR|EXDEV|EFBIG|EEXIST|ENOTEMPTY)$/;

/**
 * Turns whatever an operation on a repository threw into a `SourceError`. What is neither the
 * world's nor the repository's fault is a bug and comes back as it is.
 */
export function sourceFailureOf(cause: unknown, signal: AbortSignal): unknown {
  if (cause instanceof SourceError) return cause;
  if (signal.aborted) {
    return new SourceError("source/aborted", "reading the repository was stopped", { cause });
  }
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return new SourceError(
      "source/timeout",
      "reading the remote took longer than allowed; it will be tried again",
      { cause },
    );
  }
  if (cause instanceof CorruptObjectError) {
    return new SourceError(
      "source/mirror-corrupt",
      `the repository's objects do not hold together: ${cause.message}; run git fsck where it is kept`,
      { cause },
    );
  }
  const code = codeOf(cause) ?? "";
  if (cause instanceof Error && diskCodes.test(code)) {
    return new SourceError(
      "source/disk",
      `the disk is in the way: ${scrubUrls(cause.message)}; check its space and its permissions`,
      {
        cause,
      },
    );
  }
  if (cause instanceof Error && code in git.Errors) {
    return new SourceError(
      "source/protocol",
      `the repository cannot be read: ${scrubUrls(cause.message).slice(0, 300)}; run git fsck where it is kept`,
      { cause },
    );
  }
  return cause;
}
