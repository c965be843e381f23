import { InvariantError } from "../../lib/invariant.js";
import { SourceError } from "../../source/source-error.js";
import type { TurnRequest } from "./desk.js";
import type { Turn } from "./reconcile-once.js";

/** A turn that something was in the way of. */
export function failedTurn({ reason }: TurnRequest, cause: unknown, atMs: number): Turn {
  const code = cause instanceof SourceError ? cause.code : "reconcile/internal";
  const error = { code, message: sentenceOf(cause) };
  const nothing = { commit: undefined, judged: 0, durations: {} };
  return { report: { result: "failed", reason, atMs, ...nothing, error }, retries: true };
}

/** What is wrong, in one sentence. A bug is called one. */
export function sentenceOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const isPlain = cause instanceof Error && ("code" in cause || cause instanceof InvariantError);
  return isPlain ? message : `internal error: ${message}`;
}
