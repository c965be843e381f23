import { resolve } from "node:path";
import type { StatusResponse } from "../../admin/api-types.js";
import { getFromAdmin, type AdminServer } from "../admin/admin-client.js";
import { commonAncestor, findCommit, resolveCommit } from "../find-commit.js";
import { CommandError, type Io } from "../io.js";

/** One side of a comparison. */
export interface Side {
  /** As it is shown: what was asked for, and the commit. */
  readonly label: string;
  /** Undefined: the files on disk. */
  readonly commit: string | undefined;
}

/** What stands for the commit that a control plane serves. */
export const liveWord = "live";

/** Where revisions are looked up. */
export interface SideOptions {
  /** A repository on this machine, from the working folder. */
  readonly repository: string;
  /** Which control plane `live` is asked of. */
  readonly admin: AdminServer;
}

/**
 * The two sides that revisions name, as `git diff` reads them: none, `HEAD` and the files on disk; one, that
 * and the files on disk; two, or `A..B`, these; `A...B`, B and where it left A. `live` is what a control
 * plane serves. Throws `CommandError` for what names no commit.
 */
export async function sidesOf(
  revisions: readonly string[],
  options: SideOptions,
  io: Io,
): Promise<readonly [Side, Side]> {
  const [first = "HEAD", second] = revisions;
  const range = /^(.*?)(\.{2,3})(.*)$/.exec(first);
  if (range !== null && second !== undefined) {
    throw new CommandError(`"${first}" names both sides already; leave "${second}" out`);
  }
  if (range === null) {
    const before = await commitSide(first, options, io);
    const after = second === undefined ? files : await commitSide(second, options, io);
    return [before, after];
  }
  const [, from = "", dots, to = ""] = range;
  const [before, after] = await Promise.all([
    commitSide(from || "HEAD", options, io),
    commitSide(to || "HEAD", options, io),
  ]);
  if (dots === "..") return [before, after];
  return [await forkPoint(before, after, options, io), after];
}

const files: Side = { label: "the files on disk", commit: undefined };

async function commitSide(name: string, options: SideOptions, io: Io): Promise<Side> {
  const folder = resolve(io.cwd, options.repository);
  const commit =
    name === liveWord
      ? await liveCommit(folder, options.admin, io)
      : await resolveCommit(folder, name, io);
  const short = commit.slice(0, 8);
  return { label: commit.startsWith(name) ? short : `${name} (${short})`, commit };
}

async function forkPoint(before: Side, after: Side, options: SideOptions, io: Io): Promise<Side> {
  const folder = resolve(io.cwd, options.repository);
  const ends = [before.commit ?? "", after.commit ?? ""] as const;
  const commit = await commonAncestor(folder, ends, io);
  if (commit === undefined) {
    throw new CommandError(
      `${before.label} and ${after.label} share no commit here; a shallow clone may need git fetch --unshallow`,
    );
  }
  return { label: `${commit.slice(0, 8)}, where it left ${before.label}`, commit };
}

async function liveCommit(folder: string, admin: AdminServer, io: Io): Promise<string> {
  const { serving } = (await getFromAdmin(admin, "/api/v1/status", io)) as StatusResponse;
  if (serving === null) {
    throw new CommandError("nothing is live: the control plane has served no commit yet");
  }
  const { oid } = serving.commit;
  const found = await findCommit(folder, oid, io);
  if (found !== undefined) return found;
  throw new CommandError(
    `commit ${oid}, which is live, is not in this repository; git fetch brings it`,
  );
}
