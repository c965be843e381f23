import { runProcess } from "../../envoy-binary/run-process.js";

/**
 * Whether Git would leave a path of a work tree out of the next commit (`.gitignore` and its kin), by
 * its path from `folder`. Asks the git command line; where there is none, or no work tree, nothing is
 * ignored.
 */
export async function ignoredPaths(
  folder: string,
  signal: AbortSignal,
): Promise<(path: string) => boolean> {
  // Settings of the repository that would have Git run a program.
  const harmless = ["-c", "core.fsmonitor=false"];
  const list = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
  const result = await runProcess("git", [...harmless, ...list], { cwd: folder, signal }).catch(
    (cause: unknown) => {
      if (signal.aborted) throw cause;
      return undefined; // no git command: what is on disk is all there is to go by
    },
  );
  if (result?.code !== 0) return () => false;
  // A folder of which everything is ignored is listed alone, with a slash at its end.
  const ignored = new Set(result.stdout.split("\0").map((path) => path.replace(/\/$/, "")));
  return (path) => ignored.has(path);
}
