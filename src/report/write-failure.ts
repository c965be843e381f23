import { PushRejectedError } from "../authoring/authoring-error.js";
import { SourceError } from "../source/source-error.js";
import { wordsOf } from "./failure-words.js";

/** Why something could not be written to the repository, and what to do about it. */
export function writeFailure(what: string, flag: string, cause: unknown): string {
  return `${what} cannot be written to the repository: ${wordsOf(cause)}${cureOf(flag, cause)}`;
}

function cureOf(flag: string, cause: unknown): string {
  const isRefused =
    cause instanceof PushRejectedError ||
    (cause instanceof SourceError && cause.code === "source/auth-failed");
  return isRefused
    ? `; let the credentials for Git push there, or do without ${flag}: reading needs no such right`
    : "";
}
