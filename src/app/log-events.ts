import { kindOfType } from "../admin/kind-of-type.js";
import { formatDiagnosticsText } from "../diagnostics/format-text.js";
import { reconcileMs, type CommitRecord } from "../reconcile/commits/commit-record.js";
import type { Command } from "../reconcile/orders/give-orders.js";
import type { Order } from "../reconcile/orders/orders.js";
import type { Reconciler, TurnReport } from "../reconcile/reconciler.js";
import type { AdsServer } from "../serve/ads-server.js";
import type { ServeEvent } from "../serve/serve-events.js";
import type { Logger } from "./logger.js";

/**
 * Writes what happens to the log: a line for each turn of the loop that changed something, one when the
 * repository cannot be read and one when it can again, and what Envoys refuse. Gives what ends it.
 */
export function logEvents(
  log: Logger,
  reconciler: Pick<Reconciler, "onTurn" | "commits">,
  ads: Pick<AdsServer, "onEvent">,
): () => void {
  const logTurn = createTurnLog(log, reconciler);
  const stops = [reconciler.onTurn(logTurn), logEnvoys(log, ads)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Writes what Envoys do to the log, and what they refuse. Gives what ends it. */
export function logEnvoys(log: Logger, ads: Pick<AdsServer, "onEvent">): () => void {
  return ads.onEvent((event) => {
    logServeEvent(log, event);
  });
}

function createTurnLog(
  log: Logger,
  reconciler: Pick<Reconciler, "commits">,
): (turn: TurnReport) => void {
  let failure: string | undefined;
  let failures = 0;

  /** Says it once when it begins, and once when it is over. */
  const logTrouble = ({ error }: TurnReport): void => {
    if (error === undefined) {
      if (failure !== undefined) log.info({ code: failure, attempts: failures }, "recovered");
      failure = undefined;
      failures = 0;
      return;
    }
    failures++;
    const level = failure === error.code ? "debug" : "warn";
    failure = error.code;
    log[level](
      { code: error.code, attempt: failures },
      `${troubleOf(error.code)}: ${error.message}`,
    );
  };

  return (turn) => {
    logTrouble(turn);
    const { result, reason, commit, judged, durations } = turn;
    const record = reconciler.commits().find((known) => known.commit.oid === commit);
    const fields = {
      result,
      reason,
      ...(commit === undefined ? {} : { commit }),
      judged,
      ms: Math.round(reconcileMs(durations)),
      durations,
      ...(record === undefined ? {} : verdictFields(record)),
    };
    log[levelOf(turn)](fields, messageOf(turn));
  };
}

function troubleOf(code: string): string {
  if (code.startsWith("source/")) return "the repository cannot be read";
  return code.startsWith("state/") ? "the state cannot be saved" : "nothing can be published";
}

function levelOf({ result, error }: TurnReport): "info" | "warn" | "debug" {
  switch (result) {
    case "published":
      return "info";
    case "rejected":
    case "refused":
      return "warn";
    case "held":
      return error === undefined ? "warn" : "debug";
    case "unchanged":
    case "failed":
      return "debug"; // what is wrong has a line of its own
  }
}

function messageOf({ result, commit }: TurnReport): string {
  const name = commit === undefined ? "" : ` ${commit.slice(0, 8)}`;
  switch (result) {
    case "published":
      return `published commit${name}`;
    case "rejected":
      return `rejected commit${name}`;
    case "refused":
      return `Envoy refuses commit${name}`;
    case "unchanged":
      return "nothing changed";
    case "held":
      return `held commit${name}`;
    case "failed":
      return "the turn failed";
  }
}

/** The verdict on a commit, and the first of its errors. */
function verdictFields(record: CommitRecord): object {
  const { errorCount, warningCount, diagnostics, snapshotId, reason } = record;
  const first = diagnostics.find(({ severity }) => severity === "error");
  return {
    state: record.state,
    errors: errorCount,
    warnings: warningCount,
    ...(snapshotId === undefined ? {} : { snapshot: snapshotId }),
    ...(reason === undefined ? {} : { why: reason }),
    ...(first === undefined ? {} : { firstError: formatDiagnosticsText([first]).split("\n")[0] }),
  };
}

/** Writes down who told the loop what. They say themselves who they are: it is a hint, and no proof. */
export function logCommand(log: Logger, command: Command, { who, why }: Order): void {
  const commit = "oid" in command ? { commit: command.oid } : {};
  const name = "oid" in command ? ` ${command.oid.slice(0, 8)}` : "";
  const reason = why === undefined ? {} : { why };
  log.info(
    { order: command.kind, ...commit, who, ...reason },
    `${who} says: ${command.kind}${name}`,
  );
}

/** Writes down what becomes of a commit after the turn that published it. */
export function logRecord(
  log: Logger,
  record: CommitRecord,
  before: CommitRecord | undefined,
): void {
  const { state, commit, publishedAtMs, liveAtMs } = record;
  if (state === before?.state || (state !== "live" && state !== "superseded")) return;
  const name = commit.oid.slice(0, 8);
  if (state === "superseded") {
    log.debug({ commit: commit.oid }, `commit ${name} is superseded`);
    return;
  }
  const ms = publishedAtMs === undefined ? undefined : (liveAtMs ?? record.sinceMs) - publishedAtMs;
  log.info(
    { commit: commit.oid, state, ...(ms === undefined ? {} : { ms }), durations: record.durations },
    `commit ${name} is live`,
  );
}

function logServeEvent(log: Logger, event: ServeEvent): void {
  const { nodeId, role } = event.envoy;
  const who = { envoy: nodeId, ...(role === undefined ? {} : { role }) };
  switch (event.kind) {
    case "connected":
      log.debug(who, "an Envoy connected");
      return;
    case "disconnected":
      log.debug(who, "an Envoy went away");
      return;
    case "nack":
      log.warn(
        { ...who, type: kindOfType(event.typeUrl), version: event.version },
        `an Envoy refuses what it was sent: ${event.message}`,
      );
      return;
    case "sent":
    case "ack":
      log.trace({ ...who, type: kindOfType(event.typeUrl), version: event.version }, event.kind);
  }
}
