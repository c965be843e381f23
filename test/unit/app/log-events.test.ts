import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logCommand, logEvents, logRecord } from "../../../src/app/log-events.js";
import { createLogger, type Logger } from "../../../src/app/logger.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { ServeEvent } from "../../../src/serve/serve-events.js";
import { madeReconciler, madeRecord, type MadeReconciler } from "../../support/made-reconciler.js";

interface Recorded {
  readonly log: Logger;
  readonly reconciler: MadeReconciler;
  emit(event: ServeEvent): void;
  record: (...args: Parameters<typeof logRecord> extends [unknown, ...infer R] ? R : never) => void;
  /** Lines since the last call: level and message. */
  take(): readonly (readonly unknown[])[];
  /** Fields of the last line. */
  readonly last: () => Readonly<Record<string, unknown>>;
}

function recorded(): Recorded {
  const reconciler = madeReconciler();
  const listeners = new Set<(event: ServeEvent) => void>();
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    logLevel: "debug",
    logFormat: "json",
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  logEvents(log, reconciler, {
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  let taken = 0;
  return {
    log,
    reconciler,
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    record: (...args) => {
      logRecord(log, ...args);
    },
    take() {
      const fresh = lines.slice(taken).map(({ level, msg }) => [level, msg]);
      taken = lines.length;
      return fresh;
    },
    last: () => lines.at(-1) ?? {},
  };
}

const oid = "ab".repeat(20);

describe("logEvents()", () => {
  it("writes one line for a turn, quietly if nothing changed", () => {
    const { reconciler, take, last } = recorded();
    reconciler.end({ result: "unchanged" });
    assert.deepEqual(take(), [["debug", "nothing changed"]]);
    reconciler.set({ commits: [madeRecord(oid, { state: "publishing", warningCount: 3 })] });
    reconciler.end({
      result: "published",
      reason: "webhook",
      commit: oid,
      judged: 2,
      durations: { fetch: 10.4, build: 20 },
    });
    assert.deepEqual(take(), [["info", `published commit ${oid.slice(0, 8)}`]]);
    const { reason, judged, ms, warnings, state, durations } = last();
    assert.deepEqual(
      { reason, judged, ms, warnings, state, durations },
      {
        reason: "webhook",
        judged: 2,
        ms: 30,
        warnings: 3,
        state: "publishing",
        durations: { fetch: 10.4, build: 20 },
      },
    );
  });

  it("warns of a rejected commit, with the first of its errors", () => {
    const { reconciler, take, last } = recorded();
    const rejected = madeRecord(oid, {
      state: "rejected",
      errorCount: 2,
      diagnostics: [
        {
          code: "reference/unknown-upstream",
          severity: "error",
          message: 'no upstream named "pest"',
          location: { file: "a.yaml", line: 3, column: 7 },
        },
      ],
    });
    reconciler.set({ commits: [rejected] });
    reconciler.end({ result: "rejected", commit: oid, judged: 1 });
    assert.deepEqual(take(), [["warn", `rejected commit ${oid.slice(0, 8)}`]]);
    assert.match(String(last()["firstError"]), /^a\.yaml:3:7: error reference\/unknown-upstream: /);
    assert.equal(last()["errors"], 2);
  });

  it("warns of a held commit, and says what to do", () => {
    const { reconciler, take, last } = recorded();
    const hold = { kind: "mass-deletion", why: "it takes away 6 of 10 routes" } as const;
    const reason = "held: it takes away 6 of 10 routes; `gloo approve abababab` lets it go live";
    reconciler.set({ commits: [madeRecord(oid, { state: "accepted", hold, reason })] });
    reconciler.end({ result: "held", commit: oid, judged: 1 });
    assert.deepEqual(take(), [["warn", "held commit abababab"]]);
    assert.equal(last()["why"], reason);
  });

  it("writes down who gave which order, and why", () => {
    const { log, take, last } = recorded();
    logCommand(log, { kind: "pin", oid }, { who: "ada@desk", why: "it is slow", atMs: 5 });
    assert.deepEqual(take(), [["info", "ada@desk says: pin abababab"]]);
    const { order, commit, who, why } = last();
    assert.deepEqual([order, commit, who, why], ["pin", oid, "ada@desk", "it is slow"]);
    logCommand(log, { kind: "resume" }, { who: "ada@desk", why: undefined, atMs: 5 });
    assert.deepEqual(take(), [["info", "ada@desk says: resume"]]);
    assert.deepEqual(["commit" in last(), "why" in last()], [false, false]);
  });

  it("says once that the repository cannot be read, and once that it can again", () => {
    const { reconciler, take, last } = recorded();
    const error = { code: "source/unreachable", message: "git.test does not answer" };
    for (let attempt = 0; attempt < 3; attempt++) reconciler.end({ result: "failed", error });
    const loud = take().filter(([level]) => level !== "debug");
    assert.deepEqual(loud, [["warn", "the repository cannot be read: git.test does not answer"]]);
    reconciler.end({ result: "failed", error: { code: "source/timeout", message: "slow" } });
    assert.deepEqual(take()[0], ["warn", "the repository cannot be read: slow"]);
    reconciler.end({ result: "unchanged" });
    assert.deepEqual(take()[0], ["info", "recovered"]);
    reconciler.end({ result: "unchanged" });
    assert.deepEqual(take(), [["debug", "nothing changed"]]);
    assert.equal(last()["result"], "unchanged");
  });

  it("warns of what Envoys refuse, and tells who comes and goes only when asked", () => {
    const { emit, take, last } = recorded();
    const envoy = { stream: 1, nodeId: "edge~1", role: "edge" };
    const exchange = { envoy, typeUrl: typeUrls.cluster, version: "v", snapshotId: "s" };
    emit({ kind: "connected", envoy });
    emit({ kind: "sent", ...exchange });
    emit({ kind: "ack", ...exchange });
    emit({ kind: "nack", message: "no such filter", ...exchange });
    const { envoy: who, type } = last();
    assert.deepEqual({ who, type }, { who: "edge~1", type: "cluster" });
    emit({ kind: "disconnected", envoy });
    assert.deepEqual(take(), [
      ["debug", "an Envoy connected"],
      ["warn", "an Envoy refuses what it was sent: no such filter"],
      ["debug", "an Envoy went away"],
    ]);
  });

  it("writes down when a commit goes live, once", () => {
    const { record, take } = recorded();
    const publishing = madeRecord(oid, { state: "publishing" });
    const live = madeRecord(oid);
    record(publishing, undefined);
    record(live, publishing);
    record(madeRecord(oid, { warningCount: 1 }), live);
    assert.deepEqual(take(), [["info", `commit ${oid.slice(0, 8)} is live`]]);
  });
});
