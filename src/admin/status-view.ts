import type { About } from "./about.js";
import { countsByKind } from "./count-by-kind.js";
import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import { isApprovable } from "../reconcile/guards/hold.js";
import type { ReconcilerStatus, Serving } from "../reconcile/reconciler.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import type { EnvoyStatus } from "../serve/serve-events.js";
import type { ServingStatus, SourceStatus, StatusResponse } from "./api-types.js";
import { commitSummary } from "./commit-view.js";
import { fleetView, type FleetView } from "./envoy-view.js";
import { ordersStatus } from "./order-view.js";
import { isoOf, isoOrNull } from "./time.js";
import type { Watched } from "./watched.js";

/** What a status is made of. */
export interface StatusParts {
  readonly about: About;
  readonly reconciler: ReconcilerStatus;
  readonly commits: readonly CommitRecord[];
  readonly serving: Serving | undefined;
  readonly streams: readonly EnvoyStatus[];
  /** What needs a look besides what follows from the rest, one sentence each. */
  readonly problems: readonly string[];
}

/** How things are with a config. */
export function statusOfWatched({ about, reconciler, ads, problems }: Watched): StatusResponse {
  return statusView({
    about,
    reconciler: reconciler.status(),
    commits: reconciler.commits(),
    serving: reconciler.serving(),
    streams: ads.envoys(),
    problems: problems(),
  });
}

/** The one answer to "is all well?". */
export function statusView(parts: StatusParts): StatusResponse {
  const { about, reconciler, commits, serving } = parts;
  const { withoutRole: _, ...envoys } = fleetView(parts.streams);
  const problems = problemsOf(parts);
  const head = headOf(reconciler, commits);
  return {
    version: about.version,
    ...(about.environment === undefined ? {} : { environment: about.environment }),
    startedAt: isoOf(reconciler.startedAtMs),
    ready: serving !== undefined,
    health: serving === undefined ? "starting" : problems.length > 0 ? "degraded" : "ok",
    problems,
    source: sourceStatus(about, reconciler),
    orders: ordersStatus(reconciler.orders),
    held: commits.filter(({ hold }) => hold !== undefined).map(commitSummary),
    serving: serving === undefined ? null : servingStatus(serving),
    head: head === undefined ? null : commitSummary(head),
    envoys,
    loop: {
      state: reconciler.state,
      lastTurnAt: isoOrNull(reconciler.lastTurn?.atMs),
      lastTurnResult: reconciler.lastTurn?.result ?? null,
      nextTurnAt: isoOrNull(reconciler.nextTurnAtMs),
      turns: reconciler.turns,
    },
  };
}

/** The record of what the branch names, or else of the newest commit that is known. */
function headOf(
  { source }: ReconcilerStatus,
  commits: readonly CommitRecord[],
): CommitRecord | undefined {
  return commits.find(({ commit }) => commit.oid === source.head) ?? commits[0];
}

function sourceStatus(about: About, { source }: ReconcilerStatus): SourceStatus {
  const { repository, ref, path } = about;
  const { head, lastOkAtMs, error } = source;
  return {
    repository,
    ref,
    path,
    state: lastOkAtMs === undefined ? "never-reached" : error === undefined ? "ok" : "failing",
    head: head ?? null,
    lastOkAt: isoOrNull(lastOkAtMs),
    error:
      error === undefined
        ? null
        : {
            code: error.code,
            message: error.message,
            since: isoOf(error.sinceMs),
            attempts: error.attempts,
          },
  };
}

function servingStatus({ commit, snapshot, restored }: Serving): ServingStatus {
  const roles = Object.fromEntries(
    [...snapshot.roles.values()].map((role) => [role.role, countsByKind(role)]),
  );
  return { commit: commitSummary(commit), snapshotId: snapshot.id, restored, roles };
}

const maxNamed = 5;

function problemsOf(parts: StatusParts): readonly string[] {
  const { reconciler, commits, serving } = parts;
  const { error } = reconciler.source;
  const head = headOf(reconciler, commits);
  return [
    ...(error === undefined
      ? []
      : [`the repository cannot be read since ${isoOf(error.sinceMs)}: ${error.message}`]),
    ...(head === undefined ? [] : verdictProblem(head, serving?.snapshot)),
    ...heldProblems(commits),
    ...fleetProblems(fleetView(parts.streams), rolesToAskFor(parts)),
    ...reconciler.problems,
    ...parts.problems,
  ];
}

function verdictProblem(head: CommitRecord, served: Snapshot | undefined): readonly string[] {
  if (head.state !== "rejected" && head.state !== "refused") return [];
  const short = head.commit.oid.slice(0, 8);
  const stays =
    served === undefined ? "nothing is served yet" : `${served.commit.slice(0, 8)} stays live`;
  const why =
    head.reason ?? `${head.errorCount} error${head.errorCount === 1 ? "" : "s"} in its config`;
  return [`commit ${short} is ${head.state}, and ${stays}: ${why}`];
}

/** Only what waits for a person: an opening comes by itself, and orders are meant. */
function heldProblems(commits: readonly CommitRecord[]): readonly string[] {
  const waiting = commits.find(
    ({ hold }) => hold !== undefined && hold.untilMs === undefined && isApprovable(hold),
  );
  if (waiting === undefined) return [];
  return [`commit ${waiting.commit.oid.slice(0, 8)} is ${waiting.reason ?? "held"}`];
}

/** The roles that there are, as Envoys call them. */
export function rolesToAskFor({
  about: { nameOfRole = (role) => role },
  serving,
}: Pick<StatusParts, "about" | "serving">): readonly string[] {
  return [...(serving?.snapshot.roles.keys() ?? [])].map(nameOfRole);
}

/**
 * What is to be said of Envoys, of which those without a role may ask for `roles`. While there are none,
 * they are not served anything yet, but held.
 */
export function fleetProblems(
  { nacking, withoutRole }: FleetView,
  roles: readonly string[],
): readonly string[] {
  const found: string[] = [];
  if (nacking > 0) {
    const who = nacking === 1 ? "1 Envoy refuses" : `${nacking} Envoys refuse`;
    found.push(`${who} what was sent last; see /api/v1/envoys`);
  }
  if (withoutRole.length > 0 && roles.length > 0) {
    const who = listSome(withoutRole.map((id) => JSON.stringify(id)));
    found.push(`no role is known for ${who}: served the fallback; there is ${listSome(roles)}`);
  }
  return found;
}

/** The first of many names. */
function listSome(names: readonly string[]): string {
  const more = names.length - maxNamed;
  return `${names.slice(0, maxNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
