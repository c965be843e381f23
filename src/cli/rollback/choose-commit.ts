import type { CommitsResponse } from "../../admin/api-types.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { AdminServer } from "../admin/admin-client.js";
import { CommandError, type Io } from "../io.js";

/** The commit before the newest one that changed the config. Throws `CommandError` if there is none. */
export function commitBeforeLastChange(history: readonly CommitInfo[]): CommitInfo {
  const head = history[0];
  const found = history.find(({ treeOid }) => treeOid !== head?.treeOid);
  if (found !== undefined) return found;
  throw new CommandError(
    `none of the ${history.length} newest commits that are here changed the config; say which one to go back to: ` +
      "--to COMMIT (in a shallow clone, git fetch --unshallow brings more of them)",
  );
}

/** A commit of the history by its id, or the beginning of that; else any that `read` gives. */
export async function commitNamed(
  text: string,
  history: readonly CommitInfo[],
  read: (oid: string) => Promise<CommitInfo>,
): Promise<CommitInfo> {
  const wanted = text.toLowerCase();
  if (!/^[0-9a-f]{4,40}$/.test(wanted)) {
    throw new CommandError(
      `--to "${text}" is no commit: give its id, or the first digits of it; git rev-parse says which`,
    );
  }
  const found = history.filter(({ oid }) => oid.startsWith(wanted));
  if (found.length > 1) throw new CommandError(`--to "${text}" begins more than one commit's id`);
  if (found[0] !== undefined) return found[0];
  if (wanted.length === 40) return read(wanted);
  throw new CommandError(
    `none of the ${history.length} newest commits that are here is ${text}; give all 40 digits of an older one`,
  );
}

/** The newest commit that a control plane has had live and that says something else than the newest. */
export async function lastLiveCommit(
  server: AdminServer,
  head: CommitInfo,
  io: Io,
): Promise<string> {
  const { getFromAdmin } = await import("../admin/admin-client.js");
  const answer = await getFromAdmin(server, "/api/v1/commits?limit=100", io);
  const { commits } = answer as CommitsResponse;
  const found = commits.find(
    ({ oid, state, treeOid, liveAt }) =>
      oid !== head.oid &&
      treeOid !== head.treeOid &&
      liveAt !== null &&
      (state === "live" || state === "superseded"),
  );
  if (found !== undefined) return found.oid;
  throw new CommandError(
    `${server.server} has had nothing else live than what the branch says; give a commit: --to COMMIT`,
  );
}
