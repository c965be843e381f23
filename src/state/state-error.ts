export type StateErrorCode =
  "state/locked" | "state/unreadable" | "state/unwritable" | "state/disk-full";

/** The state directory cannot be used as it is. The message is one line and names the path. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What a failed call to the file system means for the state directory. */
export function stateErrorOf(cause: unknown, action: "read" | "write", path: string): StateError {
  if (cause instanceof StateError) return cause;
  const code = errorCodeOf(cause);
  const reason = cause instanceof Error ? cause.message.split(",")[0] : String(cause);
  if (full.has(code)) {
    return new StateError("state/disk-full", `no space left to write ${path}; free some`, {
      cause,
    });
  }
  return action === "read"
    ? new StateError("state/unreadable", `cannot read ${path}: ${reason}`, { cause })
    : new StateError("state/unwritable", `cannot write ${path}: ${reason}`, { cause });
}

/** `ENOENT` and the like; empty for other errors. */
export function errorCodeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
