import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createPipeline, type Pipeline } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { badFiles, gatewayFiles, upstreamYaml } from "../../support/config-texts.js";
import {
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "../../support/control-plane.js";
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

  /** A control plane with one good commit live. */
  async function startWithOne(options: Partial<TestControlPlaneOptions> = {}): Promise<string> {
    const oid = await git.commit(gatewayFiles(9001));
    plane = await startControlPlane({ url: git.folder, ...options });
    await plane.reaches(oid, "live");
    return oid;
  }

  const servedOid = (): string | undefined => plane.reconciler.serving()?.commit.commit.oid;

  it("go live, with every state on the way", async () => {
    const first = await startWithOne();
    assert.deepEqual(plane.states(first), ["seen", "validating", "accepted", "publishing", "live"]);
    assert.equal(servedOid(), first);
    const { durations, snapshotId } = plane.record(first) ?? {};
    for (const stage of ["lsRefs", "fetch", "tree", "build", "persist", "publish"] as const) {
      assert.equal(typeof durations?.[stage], "number", stage);
    }
    assert.equal(snapshotId, plane.reconciler.serving()?.snapshot.id);
  });

  it("are all judged, and the newest good one goes live", async () => {
    const a = await startWithOne();
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    const d = await git.commit(badFiles);
    const report = await plane.turn();
    assert.equal(report.result, "published");
    assert.equal(report.commit, c);
    assert.equal(report.judged, 3);
    await plane.reaches(c, "live");
    assert.equal(plane.record(b)?.state, "superseded");
    assert.equal(plane.record(a)?.state, "superseded");
    const rejected = plane.record(d);
    assert.equal(rejected?.state, "rejected");
    assert.equal(rejected.errorCount, 1);
    assert.equal(rejected.diagnostics[0]?.code, "reference/unknown-upstream");
    assert.deepEqual(
      plane.reconciler.commits().map(({ commit }) => commit.oid),
      [d, c, b, a],
    );
  });

  it("change nothing when they are bad", async () => {
    const a = await startWithOne();
    const before = plane.reconciler.serving();
    const bad = await git.commit(badFiles);
    const report = await plane.turn();
    assert.deepEqual([report.result, report.commit], ["rejected", bad]);
    assert.equal(plane.reconciler.serving()?.snapshot, before?.snapshot);
    assert.equal(servedOid(), a);
    assert.equal((await plane.turn()).result, "unchanged");
  });

  it("cost no build when they bring back a known tree, under whatever name", async () => {
    const a = await startWithOne();
    const b = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(b, "live");
    const builds = plane.builds();
    const revert = await git.commit(gatewayFiles(9001), { message: "Revert" });
    await plane.turn();
    const record = await plane.reaches(revert, "live");
    assert.equal(plane.builds(), builds);
    assert.equal(record.snapshotId, plane.record(a)?.snapshotId);
    assert.equal(plane.reconciler.serving()?.snapshot.commit, revert);
    const again = await git.commit(gatewayFiles(9002), { message: "Revert the revert" });
    await plane.turn();
    await plane.reaches(again, "live");
    assert.equal(plane.builds(), builds);
  });

  it("go live where nothing changes for Envoys", async () => {
    const a = await startWithOne();
    const same = await git.commit({ "README.md": "words" });
    await plane.turn();
    await plane.reaches(same, "live");
    assert.equal(plane.record(a)?.state, "superseded");
  });

  it("may be taken off the branch again", async () => {
    const a = await startWithOne();
    const b = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(b, "live");
    await git.git("update-ref", "refs/heads/main", a);
    await plane.turn();
    await plane.reaches(a, "live");
    assert.equal(servedOid(), a);
    assert.match(plane.reconciler.status().problems.join(), /force push/);
    const c = await git.commit(gatewayFiles(9003));
    await plane.turn();
    await plane.reaches(c, "live");
    assert.deepEqual(plane.reconciler.status().problems, []);
  });

  it("may come on a history that was rewritten", async () => {
    await startWithOne();
    const b = await git.commit(gatewayFiles(9002), { parent: null, replace: true });
    await plane.turn();
    await plane.reaches(b, "live");
    assert.match(plane.reconciler.status().problems.join(), /force push/);
  });

  it("leave what is live alone when the rewritten history is bad", async () => {
    const a = await startWithOne();
    const bad = await git.commit(badFiles, { parent: null, replace: true });
    assert.equal((await plane.turn()).result, "rejected");
    assert.equal(plane.record(bad)?.state, "rejected");
    assert.equal(servedOid(), a);
  });

  it("are judged a hundred at a time, newest first", async () => {
    await startWithOne();
    for (let index = 0; index < 104; index++) {
      await git.commit({ "README.md": String(index) });
    }
    const head = await git.resolve("main");
    const report = await plane.turn();
    assert.equal(report.judged, 100);
    await plane.reaches(head, "live");
    assert.match(plane.reconciler.status().problems.join(), /newest 100/);
  });

  it("are rejected when judging them crashes, and the next one is not", async () => {
    const inner = createPipeline({
      plugins: createPluginSet(builtinPlugins),
      settings: defaultTranslationSettings,
    });
    const pipeline: Pipeline = {
      ...inner,
      build(tree, inputs) {
        const build = inner.build(tree, inputs);
        if (build.config.upstreams.has("poison")) throw new TypeError("x is not a function");
        return build;
      },
    };
    const a = await startWithOne({ pipeline });
    const poison = await git.commit({ "upstreams/poison.yaml": upstreamYaml("poison", 1) });
    assert.equal((await plane.turn()).result, "rejected");
    assert.match(plane.record(poison)?.reason ?? "", /x is not a function/);
    assert.equal(servedOid(), a);
    const cure = await git.commit({ "upstreams/poison.yaml": null, ...gatewayFiles(9005) });
    await plane.turn();
    await plane.reaches(cure, "live");
  });

  it("are asked about once more when a person insists", async () => {
    await startWithOne();
    await git.commit(badFiles);
    await plane.turn();
    const builds = plane.builds();
    await plane.turn();
    assert.equal(plane.builds(), builds);
    const forced = await plane.turn({ force: true });
    assert.equal(forced.result, "rejected");
    assert.equal(plane.builds(), builds + 1);
  });

  it("do not go live when the judge before Envoys refuses them", async () => {
    const refused = new Set<string>();
    const a = await startWithOne({
      judge: ({ commit }) =>
        Promise.resolve(refused.has(commit) ? [{ role: "ingress", message: "bad regex" }] : []),
    });
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    refused.add(c);
    assert.equal((await plane.turn()).result, "published");
    await plane.reaches(b, "live");
    assert.equal(plane.record(c)?.state, "refused");
    assert.deepEqual(
      plane.record(c)?.refusals.map(({ nodeId, message }) => [nodeId, message]),
      [["envoy --mode validate", "bad regex"]],
    );
    assert.equal(plane.record(a)?.state, "superseded");
  });

  it("wait for a judge that cannot judge", async () => {
    let isBroken = false;
    const a = await startWithOne({
      judge: () => (isBroken ? Promise.reject(new Error("no binary")) : Promise.resolve([])),
    });
    isBroken = true;
    const b = await git.commit(gatewayFiles(9002));
    const report = await plane.turn();
    assert.equal(report.result, "held");
    assert.equal(report.error?.code, "reconcile/judge");
    assert.equal(servedOid(), a);
    isBroken = false;
    await plane.reaches(b, "live"); // by itself
  });
});
