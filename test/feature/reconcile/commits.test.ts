import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { badFiles, gatewayFiles } from "../../support/config-texts.js";
import { startControlPlane, type TestControlPlane } from "../../support/control-plane.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";

describe("commits that arrive", () => {
  let git: TestRepository;
  let plane: TestControlPlane;

  beforeEach(async () => {
    git = await createTestRepository();
  });
  afterEach(async () => {
    await plane.close();
    await git.remove();
  });

  it("go live, with every state on the way", async () => {
    const first = await git.commit(gatewayFiles());
    plane = await startControlPlane({ url: git.folder });
    await plane.reaches(first, "live");
    assert.deepEqual(plane.states(first), ["seen", "validating", "accepted", "publishing", "live"]);
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, first);
  });

  it("are all judged, and the newest good one goes live", async () => {
    const a = await git.commit(gatewayFiles(9001));
    plane = await startControlPlane({ url: git.folder });
    await plane.reaches(a, "live");
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    const d = await git.commit(badFiles);
    const report = await plane.turn();
    assert.equal(report.result, "published");
    assert.equal(report.judged, 3);
    await plane.reaches(c, "live");
    assert.equal(plane.record(b)?.state, "superseded");
    assert.equal(plane.record(a)?.state, "superseded");
    const rejected = plane.record(d);
    assert.equal(rejected?.state, "rejected");
    assert.equal(rejected.errorCount, 1);
    assert.equal(rejected.diagnostics[0]?.code, "reference/unknown-upstream");
  });
});
