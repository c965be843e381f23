import { sourceStack } from "../app/source-stack.js";
import type { Io } from "./io.js";

/**
 * Says on stderr why a command could not do its work: one line for what the world did, the whole
 * stack for what the program did.
 */
export function reportFailure(cause: unknown, io: Io): void {
  if (io.signal.aborted) {
    io.stderr("gloo: interrupted\n");
    return;
  }
  const message = operationalMessage(cause);
  if (message !== undefined) {
    io.stderr(`gloo: ${message}\n`);
    return;
  }
  const stack = cause instanceof Error ? sourceStack(cause.stack ?? cause.message) : String(cause);
  io.stderr(`gloo: this is a bug in gloo, not in your config; please report it:\n${stack}\n`);
}

/** The one line of an error that people can do something about; undefined: it is a bug. */
export function operationalMessage(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  // Errors of this product carry "area/what"; those of the operating system a name and a system call.
  const isOurs = cause.name === "CommandError" || /^[a-z-]+\/[a-z-]+$/.test(code);
  const isSystem = /^E[A-Z0-9]+$/.test(code) && "syscall" in cause;
  if (!isOurs && !isSystem) return undefined;
  return (isSystem ? systemMessage(cause, code) : cause.message).replaceAll(/\s*\n\s*/g, " ");
}

function systemMessage(cause: Error, code: string): string {
  const path = "path" in cause && typeof cause.path === "string" ? `"${cause.path}"` : "";
  const address = "address" in cause ? `${String(cause.address)}` : "";
  const port = "port" in cause ? String(cause.port) : "";
  switch (code) {
    case "ENOENT":
      return `no such file or folder: ${path}`;
    case "EEXIST":
    case "ENOTDIR":
      return `there is a file where a folder is needed: ${path}`;
    case "EACCES":
    case "EPERM":
      return `no permission: ${path || cause.message}`;
    case "EADDRINUSE":
      return `port ${port} of ${address} is taken by another process; choose another port`;
    case "ECONNREFUSED":
      return `nothing answers at ${address}${port && `:${port}`}`;
    default:
      return cause.message;
  }
}
