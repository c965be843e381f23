import { PushRejectedError } from "./authoring-error.js";
import type { Publication } from "./writable-repository.js";

/** The arguments of `git` that put a commit on its ref of `target`, a remote or a URL. */
export function pushArguments(
  { ref, before, commit }: Publication,
  target: string,
): readonly string[] {
  // The commit is a child of `before`, so nothing is ever overwritten. The lease makes sure that the
  // ref was not rewound meanwhile: a plain push would bring back what somebody took off it.
  const lease = `--force-with-lease=${ref}:${before ?? ""}`;
  return ["push", "--porcelain", "--no-verify", lease, "--", target, `${commit}:${ref}`];
}

/** What a push that failed says of its ref; undefined if it did not come that far. */
export function pushRefusal(
  ref: string,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): PushRejectedError | undefined {
  const line = stdout.split("\n").find((text) => text.startsWith("!"));
  if (line === undefined) return undefined;
  const summary = line.split("\t").at(-1) ?? "";
  const reason = /\((.+)\)\s*$/.exec(summary)?.[1] ?? (summary.trim() || "refused");
  const remoteLines = stderr
    .split("\n")
    .filter((text) => text.startsWith("remote: "))
    .map((text) => text.slice("remote: ".length).trimEnd())
    .filter((text) => text !== "");
  return new PushRejectedError(ref, reason, remoteLines);
}
