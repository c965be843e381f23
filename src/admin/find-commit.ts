import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import { ApiError } from "./api-error.js";
import { badRequest } from "./read-query.js";

/** The commit that an oid, or the beginning of just one, names. */
export function findCommit(commits: readonly CommitRecord[], oid: string): CommitRecord {
  const wanted = oid.toLowerCase();
  if (!/^[0-9a-f]{4,64}$/.test(wanted))
    throw badRequest("a commit is named by 4 to 40 hex digits; git rev-parse says which");
  const found = commits.filter(({ commit }) => commit.oid.startsWith(wanted));
  if (found.length > 1) {
    throw new ApiError(409, "api/ambiguous", `${found.length} commits begin with "${wanted}"`);
  }
  if (found[0] !== undefined) return found[0];
  throw new ApiError(
    404,
    "api/not-found",
    `no commit that was judged here begins with "${wanted}"`,
  );
}
