import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { openHistory, type History } from "../../../../src/reconcile/commits/history.js";
import { createLedger, type Ledger } from "../../../../src/reconcile/commits/ledger.js";
import { resumeCommits } from "../../../../src/reconcile/commits/resume-commits.js";
import { madeRelease } from "../../../support/made-rollout.js";

const [a, b, c] = [madeRelease("a"), madeRelease("b"), madeRelease("c")] as const;
const findings = { diagnostics: [], errorCount: 0, warningCount: 0 };

describe("the ledger", () => {
  let history: History;
  let ledger: Ledger;
  const states = (): readonly string[] =>
    history.list().map(({ commit, state }) => `${commit.oid} ${state}`);

  beforeEach(() => {
    history = openHistory({
      file: {
        initial: undefined,
        write: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      isNeeded: () => false,
      onRecord: () => undefined,
      onWriteFailure: () => undefined,
    });
    ledger = createLedger(history, { now: () => 1 });
  });

  it("supersedes with what goes live all older commits that waited, and no newer one", () => {
    ledger.see([c.commit, b.commit, a.commit]);
    for (const release of [a, c]) ledger.accepted(release, findings, {}, { resources: {} });
    ledger.held(a, "it goes live when it can be saved: no space left");
    ledger.live(b, undefined);
    assert.deepEqual(states(), ["c accepted", "b live", "a superseded"]);
    assert.equal(history.get("a")?.reason, "b went live");
  });

  it("keeps of a role what is known when fewer say so", () => {
    ledger.see([a.commit]);
    ledger.acknowledged(a.commit, { ingress: { count: 2, nodes: ["ingress~1", "ingress~2"] } });
    ledger.acknowledged(a.commit, {
      ingress: { count: 1, nodes: ["ingress~2"] },
      edge: { count: 1, nodes: ["edge~1"] },
    });
    assert.deepEqual(history.get("a")?.acknowledgements, {
      ingress: { count: 2, nodes: ["ingress~1", "ingress~2"] },
      edge: { count: 1, nodes: ["edge~1"] },
    });
  });

  it("has proven live what is beneath the rest on disk, where the history was lost", () => {
    resumeCommits(ledger, history, [b, a]);
    assert.deepEqual(states(), ["b seen", "a live"]);
    ledger.live(b, undefined);
    assert.deepEqual(states(), ["b live", "a superseded"]);
  });
});
