import type { FileEdit } from "../../client/client-core.js";
import type { Write } from "../../client/draft.js";
import type { ResourceRef } from "../../model/resource.js";
import type { ObjectWriteOptions } from "../commands/repository-options.js";
import { scrubUrls } from "../../source/remote-url.js";
import { ExitCode, withProgress, type Io } from "../io.js";
import type { OpenConfig } from "./open-config.js";

/** One thing that a commit does, for its report. */
export interface Deed {
  readonly action: "created" | "updated" | "deleted" | "sorted";
  /** `upstream/pets`, `route 2 of virtualservice/web`. */
  readonly what: string;
  /** The object whose file is meant, or the path of a file. */
  readonly at: ResourceRef | string;
}

/** What is to be committed. */
export interface Job {
  readonly writes: readonly Write[];
  readonly deeds: readonly Deed[];
  /** Default: one that says what is done. */
  readonly message?: string;
  /** Write it although the config would be wrong. */
  readonly isForced?: boolean;
}

/** Ends a write once its files have been seen. */
class DryRun extends Error {
  override readonly name = "DryRun";
}

/** Makes one commit, or with `--dry-run` shows how files would change, and reports it. */
export async function makeCommit(
  { client, newBranch, basePath, access }: OpenConfig,
  job: Job,
  options: ObjectWriteOptions,
  io: Io,
): Promise<ExitCode> {
  let edits: readonly FileEdit[] = [];
  const isDry = options.dryRun === true;
  const message = options.message ?? job.message;
  const write = () =>
    client.commit(job.writes, {
      ...(message === undefined ? {} : { message }),
      ...(newBranch === undefined ? {} : { branch: newBranch }),
      ...(job.isForced === true ? { validate: false } : {}),
      signal: io.signal,
      review(files) {
        edits = files;
        if (isDry) throw new DryRun();
      },
    });
  let commit: string | undefined;
  let branch = newBranch ?? options.branch ?? null;
  try {
    const result = await withProgress(io, `writing to ${scrubUrls(access.url)}`, write);
    commit = result.changed ? result.commit : undefined;
    branch = result.branch;
  } catch (cause) {
    if (!(cause instanceof DryRun)) throw cause;
  }
  const report = await reportOf(job, edits, basePath);
  if (options.json === true) {
    const files = edits.map(({ path, before, after }) => ({
      path,
      change: before === undefined ? "added" : after === undefined ? "deleted" : "modified",
    }));
    const head = { commit: commit ?? null, branch, changed: edits.length > 0, dryRun: isDry };
    io.stdout(`${JSON.stringify({ ...head, done: report, files }, undefined, 2)}\n`);
  } else if (edits.length === 0) {
    io.stdout("the config says so already; no commit was made\n");
  } else if (isDry) {
    await printDiffs(edits, io);
    io.stderr("gloo: nothing was written (--dry-run)\n");
  } else {
    for (const { action, what, path } of report) {
      const where = path === null ? "" : ` in ${path}`;
      io.stdout(`${action} ${what}${where} (commit ${(commit ?? "").slice(0, 8)})\n`);
    }
  }
  return ExitCode.Ok;
}

async function printDiffs(edits: readonly FileEdit[], io: Io): Promise<void> {
  const { unifiedDiff } = await import("../fmt/unified-diff.js");
  const textOf = (bytes: Uint8Array | undefined): string =>
    bytes === undefined ? "" : Buffer.from(bytes).toString("utf8");
  for (const { path, before, after } of edits) {
    io.stdout(unifiedDiff(path, textOf(before), textOf(after)));
  }
}

interface ReportedDeed extends Pick<Deed, "action" | "what"> {
  readonly path: string | null;
}

async function reportOf(
  { deeds }: Job,
  edits: readonly FileEdit[],
  basePath: string,
): Promise<readonly ReportedDeed[]> {
  if (edits.length === 0) return [];
  const { readFileContent, scopeOfPath } = await import("../../edit/file-objects.js");
  const placed = edits.flatMap(({ path, before, after }) => {
    const scope = scopeOfPath(path, basePath);
    if (scope === "files" || scope === "secrets") return [];
    const read = (bytes: Uint8Array | undefined) =>
      bytes === undefined ? [] : readFileContent(path, bytes, scope).objects;
    return [...read(after), ...read(before)].map(({ kind, name }) => ({ kind, name, path }));
  });
  return deeds.map(({ action, what, at }) => {
    if (typeof at === "string") return { action, what, path: at };
    const found = placed.find(({ kind, name }) => kind === at.kind && name === at.name);
    return { action, what, path: found?.path ?? null };
  });
}
