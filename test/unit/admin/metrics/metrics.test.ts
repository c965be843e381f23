import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createMetrics } from "../../../../src/admin/metrics/metrics.js";
import { typeUrls } from "../../../../src/envoy/type-urls.js";
import { stages, type Durations } from "../../../../src/reconcile/commits/commit-record.js";
import type { ServeEvent } from "../../../../src/serve/serve-events.js";
import { madeRecord, madeReconciler, madeStartMs } from "../../../support/made-reconciler.js";
import { madeSnapshot } from "../../../support/made-snapshot.js";

describe("createMetrics()", () => {
  const reconciler = madeReconciler();
  const listeners = new Set<(event: ServeEvent) => void>();
  const metrics = createMetrics({
    version: "1.2.3",
    reconciler,
    ads: {
      envoys: () => [],
      onEvent(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
  after(() => {
    metrics.close();
    assert.equal(listeners.size, 0);
  });

  /** The value of a series, as the text has it; undefined: there is none. */
  async function valueOf(series: string): Promise<number | undefined> {
    const lines = (await metrics.text()).split("\n");
    const line = lines.find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  it("has every series from the start that may be alerted on", async () => {
    for (const series of [
      'gloo_build_info{version="1.2.3",node="' + process.version + '"}',
      "gloo_ready",
      'gloo_reconcile_turns_total{result="rejected"}',
      'gloo_commits{state="live"}',
      "gloo_source_failing",
      'gloo_xds_nacks_total{type="cluster"}',
      'gloo_hooks_total{kind="forgejo",result="refused"}',
      'gloo_envoys{state="nack"}',
      "process_resident_memory_bytes",
    ]) {
      assert.notEqual(await valueOf(series), undefined, series);
    }
    assert.equal(await valueOf("gloo_ready"), 0);
  });

  it("times every stage of a reconcile, and what Envoys take once a commit", async () => {
    const durations: Durations = Object.fromEntries(stages.map((stage) => [stage, 20]));
    const oid = "a".repeat(40);
    reconciler.set({ commits: [madeRecord(oid, { durations: { build: 20, publish: 1 } })] });
    reconciler.end({ result: "published", commit: oid, judged: 2, durations });
    const count = (stage: string) =>
      valueOf(`gloo_reconcile_stage_duration_seconds_count{stage="${stage}"}`);
    for (const stage of stages) {
      const acknowledged = stage === "firstAck" || stage === "allAcks";
      assert.equal(await count(stage), acknowledged ? undefined : 1, stage);
    }
    assert.equal(await valueOf("gloo_commits_judged_total"), 2);
    const turn = 'gloo_reconcile_turn_duration_seconds_sum{result="published"}';
    assert.equal((await valueOf(turn))?.toFixed(3), "0.140");
    // The Envoys answer later; whoever asks how often is told once.
    reconciler.set({ commits: [madeRecord(oid)] });
    for (const stage of ["firstAck", "allAcks"]) {
      assert.deepEqual([await count(stage), await count(stage)], [1, 1], stage);
    }
  });

  it("does not count what an earlier process published", async () => {
    const before = await valueOf('gloo_reconcile_stage_duration_seconds_count{stage="allAcks"}');
    const old = madeRecord("b".repeat(40), { publishedAtMs: madeStartMs - 1 });
    reconciler.set({ commits: [old] });
    assert.equal(
      await valueOf('gloo_reconcile_stage_duration_seconds_count{stage="allAcks"}'),
      before,
    );
  });

  it("says what is served, and what cannot be read", async () => {
    const snapshot = madeSnapshot({ edge: { cluster: { a: "1", b: "2" }, route: { r: "1" } } });
    const live = madeRecord("c".repeat(40), { snapshotId: snapshot.id });
    reconciler.set({
      commits: [live, madeRecord("d".repeat(40), { state: "superseded" })],
      serving: { snapshot, commit: live, restored: false },
      status: { source: { head: undefined, lastOkAtMs: 5_000, error: undefined } },
    });
    reconciler.end({
      result: "failed",
      error: { code: "source/unreachable", message: "https://user:canary@host" },
    });
    reconciler.end({ result: "held", error: { code: "state/disk-full", message: "full" } });
    assert.equal(await valueOf('gloo_reconcile_failures_total{code="state/disk-full"}'), 1);
    assert.equal(await valueOf("gloo_ready"), 1);
    assert.equal(await valueOf('gloo_snapshot_resources{role="edge",kind="cluster"}'), 2);
    assert.equal(await valueOf('gloo_commits{state="live"}'), 1);
    assert.equal(await valueOf("gloo_source_last_success_timestamp_seconds"), 5);
    assert.equal(await valueOf('gloo_source_failures_total{code="source/unreachable"}'), 1);
    const info = `gloo_config_commit_info{commit="${"c".repeat(40)}",snapshot="${snapshot.id}"}`;
    assert.equal(await valueOf(info), 1);
    assert.doesNotMatch(await metrics.text(), /canary/);
  });

  it("counts what Envoys are sent and say, by type", async () => {
    const envoy = { stream: 1, nodeId: "edge~1", role: "edge" };
    const exchange = { envoy, typeUrl: typeUrls.route, version: "v", snapshotId: "s" };
    for (const event of [
      { kind: "connected", envoy },
      { kind: "sent", ...exchange },
      { kind: "ack", ...exchange },
      { kind: "nack", message: "no", ...exchange },
      { kind: "disconnected", envoy },
    ] as const) {
      for (const listener of listeners) listener(event);
    }
    for (const series of [
      "gloo_xds_streams_total",
      'gloo_xds_responses_total{type="route"}',
      'gloo_xds_acks_total{type="route"}',
      'gloo_xds_nacks_total{type="route"}',
    ]) {
      assert.equal(await valueOf(series), 1, series);
    }
  });
});
