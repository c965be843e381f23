import type { CommitDetail, StatusResponse } from "../../admin/api-types.js";
import type { Kind } from "../../model/resource.js";
import { getFromAdmin, type AdminServer } from "../admin/admin-client.js";
import type { Io } from "../io.js";
import type { StatusColumn } from "./print-objects.js";

/**
 * What a control plane makes of objects, in the words of 2018: `Rejected` is one that the newest commit has
 * an error in, `Accepted` one without, once that commit has been judged; else `Pending`.
 */
export async function readStatus(server: AdminServer, kind: Kind, io: Io): Promise<StatusColumn> {
  // The HTTP API gives what api-types.ts says.
  const { head } = (await getFromAdmin(server, "api/v1/status", io)) as StatusResponse;
  if (head === null) return { statusOf: () => "Pending" };
  const path = `api/v1/commits/${head.oid}`;
  const { state, diagnostics } = (await getFromAdmin(server, path, io)) as CommitDetail;
  const isJudged = state !== "seen" && state !== "validating";
  const rejected = new Set(
    diagnostics
      .filter(({ severity, resource }) => severity === "error" && resource?.kind === kind)
      .map(({ resource }) => resource?.name),
  );
  return {
    statusOf: (name) => (rejected.has(name) ? "Rejected" : isJudged ? "Accepted" : "Pending"),
  };
}
