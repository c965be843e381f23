import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { CommitPolicy, DistrustedCommit } from "../../../src/reconcile/turn/check-commits.js";
import { gatewayFiles } from "../../support/config-texts.js";
import { startControlPlane, type TestControlPlane } from "../../support/control-plane.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";

describe("commits that somebody checks", () => {
  let git: TestRepository;
  let plane: TestControlPlane;
  let unsigned: Set<string>;
  let asked: (readonly string[])[];
  let broken: string | undefined;
  let first: string;

  beforeEach(async () => {
    git = await createTestRepository();
    [unsigned, asked, broken] = [new Set(), [], undefined];
    first = await git.commit(gatewayFiles(9001));
  });
  afterEach(async () => {
    await plane.close();
    await git.remove();
  });

  async function start(commitPolicy: CommitPolicy): Promise<void> {
    plane = await startControlPlane({
      url: git.folder,
      commitPolicy,
      change: (deps) => ({
        ...deps,
        checkCommits(commits) {
          asked.push(commits.map(({ oid }) => oid));
          if (broken !== undefined) return Promise.reject(new Error(broken));
          const refused = commits.filter(({ oid }) => unsigned.has(oid));
          return Promise.resolve(
            refused.map(({ oid }): DistrustedCommit => ({
              oid,
              code: "signature/missing",
              reason: "it is not signed",
            })),
          );
        },
      }),
    });
    await plane.reaches(first, "live");
  }
  const servedOid = (): string | undefined => plane.reconciler.serving()?.commit.commit.oid;

  it("are asked about from the newest down to what is served, and not without news", async () => {
    await start("head");
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    await plane.turn();
    await plane.reaches(c, "live");
    await plane.turn();
    assert.deepEqual(asked, [[first], [c, b]]);
  });

  it("are rejected without being built when they are refused", async () => {
    await start("head");
    const builds = plane.builds();
    const b = await git.commit(gatewayFiles(9002));
    unsigned.add(b);
    const report = await plane.turn();
    assert.deepEqual([report.result, report.commit, plane.builds()], ["rejected", b, builds]);
    const { state, code, reason } = plane.record(b) ?? {};
    assert.deepEqual([state, code, reason], ["rejected", "signature/missing", "it is not signed"]);
    assert.equal((await plane.turn()).result, "unchanged");
    assert.equal((await plane.turn({ force: true })).result, "unchanged");
    assert.equal(servedOid(), first);
  });

  it("go live when what was missing is there, by themselves", async () => {
    await start("head");
    const b = await git.commit(gatewayFiles(9002));
    unsigned.add(b);
    await plane.turn();
    unsigned.clear();
    await plane.turn();
    const record = await plane.reaches(b, "live");
    assert.deepEqual([record.code, record.reason], [undefined, undefined]);
  });

  it("answer each for itself with policy head", async () => {
    await start("head");
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    unsigned.add(b);
    await plane.turn();
    await plane.reaches(c, "live");
    assert.equal(plane.record(b)?.state, "rejected");
  });

  it("are refused with one that came before them with policy every", async () => {
    await start("every");
    const b = await git.commit(gatewayFiles(9002));
    const c = await git.commit(gatewayFiles(9003));
    const d = await git.commit(gatewayFiles(9004));
    unsigned.add(c);
    await plane.turn();
    await plane.reaches(b, "live");
    assert.equal(plane.record(c)?.reason, "it is not signed");
    assert.equal(plane.record(d)?.state, "rejected");
    assert.equal(
      plane.record(d)?.reason,
      `commit ${c.slice(0, 8)} before it is refused: it is not signed`,
    );
  });

  it("wait for a check that cannot be made", async () => {
    await start("head");
    broken = "the keys cannot be read";
    const b = await git.commit(gatewayFiles(9002));
    const report = await plane.turn();
    assert.deepEqual(
      [report.result, report.error],
      ["held", { code: "reconcile/check-commits", message: broken }],
    );
    assert.equal(plane.record(b)?.state, "seen");
    assert.equal(servedOid(), first);
    broken = undefined;
    await plane.reaches(b, "live"); // by itself
  });
});
