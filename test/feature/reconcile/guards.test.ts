import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createChangeWindowGuard } from "../../../src/reconcile/guards/change-window.js";
import { createForcePushGuard } from "../../../src/reconcile/guards/force-push.js";
import { parseWindow } from "../../../src/reconcile/guards/parse-window.js";
import {
  badFiles,
  gatewayFiles,
  upstreamYaml,
  virtualServiceYaml,
} from "../../support/config-texts.js";
import {
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "../../support/control-plane.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { createManualClock, type ManualClock } from "../../support/manual-clock.js";

const ada = { who: "ada@desk", why: "it is meant", atMs: 5 };

describe("guards", () => {
  let git: TestRepository;
  let plane: TestControlPlane;
  let folder: string;

  beforeEach(async () => {
    git = await createTestRepository();
    folder = await mkdtemp(join(tmpdir(), "gloo-guards-"));
  });
  afterEach(async () => {
    await plane.close();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (options: Partial<TestControlPlaneOptions> = {}): Promise<void> => {
    plane = await startControlPlane({
      url: git.folder,
      stateFolder: join(folder, "state"),
      ...options,
    });
  };
  const servedOid = (): string | undefined => plane.reconciler.serving()?.commit.commit.oid;
  const holdOf = (oid: string): string | undefined => plane.record(oid)?.hold?.kind;
  const approve = async (oid: string): Promise<void> => {
    const answer = await plane.reconciler.command({ kind: "approve", oid }, ada);
    assert.ok("turn" in answer, JSON.stringify(answer));
  };

  /** Ten virtual services, each with a domain and an upstream of its own. */
  const many = (
    names: readonly number[],
    change = (index: number): number | null => index,
  ): Changes =>
    Object.fromEntries(
      names.flatMap((index) => {
        const port = change(index);
        const front = virtualServiceYaml(`front${index}`, `back${index}`).replace(
          '"*"',
          `"${index}.example"`,
        );
        return [
          [
            `upstreams/${index}.yaml`,
            port === null ? null : upstreamYaml(`back${index}`, 9000 + port),
          ],
          [`virtualservices/${index}.yaml`, port === null ? null : front],
        ];
      }),
    );
  const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const gone = (...names: readonly number[]): Changes => many(names, () => null);

  describe("against a deletion of most of the config", () => {
    let first: string;
    beforeEach(async () => {
      first = await git.commit(many(ten));
      await start();
      await plane.reaches(first, "live");
    });

    it("hold it until a person approves, and say what to do", async () => {
      const b = await git.commit(gone(0, 1, 2, 3, 4, 5));
      const report = await plane.turn();
      assert.deepEqual([report.result, report.commit, report.error], ["held", b, undefined]);
      const { state, reason } = plane.record(b) ?? {};
      assert.equal(state, "accepted");
      assert.equal(
        reason,
        "held: it takes away 6 of 10 routes (60 %, and more than 50 % looks like a mistake); " +
          `\`gloo approve ${b.slice(0, 8)}\` lets it go live`,
      );
      assert.equal((await plane.turn()).result, "unchanged");
      assert.equal(servedOid(), first);
      await approve(b);
      await plane.reaches(b, "live");
      assert.equal(holdOf(b), undefined);
    });

    it("let through what is half of it at most", async () => {
      const b = await git.commit(gone(0, 1, 2, 3, 4));
      await plane.turn();
      await plane.reaches(b, "live");
    });

    it("let through a rename of everything that answers the same requests", async () => {
      const files = Object.entries(many(ten)).filter(([path]) => path.startsWith("virtual"));
      const renamed = files.map(([path, text]) => [path, String(text).replace("front", "shop")]);
      const b = await git.commit(Object.fromEntries(renamed));
      await plane.turn();
      await plane.reaches(b, "live");
    });

    it("hold an empty tree, and force is enough", async () => {
      const b = await git.commit({ "README.md": "nothing else" }, { replace: true });
      assert.equal((await plane.turn()).result, "held");
      assert.match(plane.record(b)?.reason ?? "", /no config at all/);
      assert.equal(servedOid(), first);
      assert.equal((await plane.turn({ force: true })).result, "published");
      await plane.reaches(b, "live");
    });

    it("hold what is built on it too, and let that through with it", async () => {
      const b = await git.commit(gone(0, 1, 2, 3, 4, 5));
      const c = await git.commit(many([9], () => 99));
      await plane.turn();
      assert.deepEqual(
        [holdOf(b), holdOf(c), servedOid()],
        ["mass-deletion", "mass-deletion", first],
      );
      await approve(b);
      await plane.reaches(c, "live");
      assert.equal(plane.record(b)?.state, "superseded");
    });

    it("do not stop a good commit that came before it, and are over with a revert", async () => {
      const b = await git.commit(many([9], () => 99));
      const c = await git.commit(gone(0, 1, 2, 3, 4, 5));
      await plane.turn();
      await plane.reaches(b, "live");
      assert.equal(holdOf(c), "mass-deletion");
      const d = await git.commit(many(ten, (index) => index + 100));
      await plane.turn();
      await plane.reaches(d, "live");
      assert.equal(plane.record(c)?.state, "superseded");
      assert.match(plane.record(c)?.reason ?? "", /went live/);
    });

    it("go on after a restart, which knows the approval too", async () => {
      const b = await git.commit(gone(0, 1, 2, 3, 4, 5));
      await plane.turn();
      await plane.close();
      await start();
      assert.equal(holdOf(b), "mass-deletion");
      await plane.turn();
      assert.deepEqual([holdOf(b), servedOid()], ["mass-deletion", first]);
      await plane.close();
      await start({
        change: (deps) => ({ ...deps, judge: () => Promise.reject(new Error("no")) }),
      });
      await approve(b);
      await plane.close();
      await start();
      await plane.reaches(b, "live");
    });

    it("are not asked about a commit that changes nothing for Envoys", async () => {
      const b = await git.commit({ "README.md": "words" });
      await plane.turn();
      await plane.reaches(b, "live");
    });

    it("refuse an approval of what nothing holds", async () => {
      const answer = await plane.reconciler.command({ kind: "approve", oid: first }, ada);
      assert.deepEqual(answer, {
        code: "order/nothing-held",
        reason: `nothing holds commit ${first.slice(0, 8)}: it is live`,
      });
    });
  });

  describe("against rewritten history", () => {
    const guards = [createForcePushGuard("hold")];

    it("hold it until a person approves, and what comes after it goes live by itself", async () => {
      const a = await git.commit(gatewayFiles(9001));
      await start({ guards });
      await plane.reaches(a, "live");
      const b = await git.commit(gatewayFiles(9002), { parent: null, replace: true });
      assert.equal((await plane.turn()).result, "held");
      const c = await git.commit(gatewayFiles(9003));
      await plane.turn();
      assert.deepEqual([holdOf(b), holdOf(c), servedOid()], ["force-push", "force-push", a]);
      assert.match(plane.record(c)?.reason ?? "", /rewritten \(force push\): commit [0-9a-f]{8}, /);
      await plane.close();
      await start({ guards });
      await plane.turn();
      assert.equal(servedOid(), a);
      await approve(b);
      await plane.reaches(c, "live");
      const d = await git.commit(gatewayFiles(9004));
      await plane.turn();
      await plane.reaches(d, "live");
    });

    it("know it after a restart, also where both histories have one commit in common", async () => {
      const a = await git.commit(gatewayFiles(9001));
      await start({ guards });
      await plane.reaches(a, "live");
      const b = await git.commit(gatewayFiles(9002));
      await plane.turn();
      await plane.reaches(b, "live");
      const c = await git.commit(gatewayFiles(9003), { parent: a });
      await plane.turn();
      assert.deepEqual([holdOf(c), servedOid()], ["force-push", b]);
      await plane.close();
      await start({ guards });
      await plane.turn();
      assert.deepEqual([holdOf(c), servedOid()], ["force-push", b]);
      await approve(c);
      await plane.reaches(c, "live");
    });

    it("are not asked when a pin to an older commit ends", async () => {
      const a = await git.commit(gatewayFiles(9001));
      await start({ guards });
      await plane.reaches(a, "live");
      const b = await git.commit(gatewayFiles(9002));
      await plane.turn();
      await plane.reaches(b, "live");
      await plane.reconciler.command({ kind: "pin", oid: a }, ada);
      await plane.reaches(a, "live");
      await plane.reconciler.command({ kind: "unpin" }, ada);
      await plane.reaches(b, "live");
    });

    it("let go of it when the branch is put back", async () => {
      const a = await git.commit(gatewayFiles(9001));
      await start({ guards });
      await plane.reaches(a, "live");
      const b = await git.commit(gatewayFiles(9002), { parent: null, replace: true });
      await plane.turn();
      await git.git("update-ref", "refs/heads/main", a);
      await plane.turn();
      assert.deepEqual([plane.record(b)?.state, servedOid()], ["superseded", a]);
      const c = await git.commit(gatewayFiles(9003));
      await plane.turn();
      await plane.reaches(c, "live");
    });

    it("with policy allow do nothing", async () => {
      const a = await git.commit(gatewayFiles(9001));
      await start({ guards: [createForcePushGuard("allow")] });
      await plane.reaches(a, "live");
      const b = await git.commit(gatewayFiles(9002), { parent: null, replace: true });
      await plane.turn();
      await plane.reaches(b, "live");
    });
  });

  describe("of change windows", () => {
    const guards = [createChangeWindowGuard([parseWindow("allow 0 9 * * 1-5 for 8h")])];
    let clock: ManualClock;
    let a: string;
    beforeEach(async () => {
      clock = createManualClock(Date.UTC(2026, 2, 6, 16, 0)); // a Friday
      a = await git.commit(gatewayFiles(9001));
      await start({ guards, clock });
      await plane.reaches(a, "live");
      await clock.pass(2 * 3_600_000);
    });

    it("queue commits, and let the newest good one go live when one opens, by itself", async () => {
      const b = await git.commit(gatewayFiles(9002));
      await plane.turn();
      const c = await git.commit(gatewayFiles(9003));
      const bad = await git.commit(badFiles);
      await plane.turn();
      assert.deepEqual([holdOf(b), holdOf(c)], ["window", "window"]);
      assert.equal(plane.record(c)?.hold?.untilMs, Date.UTC(2026, 2, 9, 9, 0));
      assert.match(
        plane.record(c)?.reason ?? "",
        /^held: it is outside of the change windows until 2026-03-09T09:00:00Z; `gloo approve /,
      );
      assert.equal(plane.record(bad)?.state, "rejected");
      await clock.pass(62 * 3_600_000);
      assert.equal(servedOid(), a);
      await clock.pass(3_600_000);
      await plane.reaches(c, "live");
      assert.equal(plane.record(b)?.state, "superseded");
    });

    it("never hold the way back to what was live", async () => {
      const b = await git.commit(gatewayFiles(9002));
      await plane.turn();
      await approve(b);
      await plane.reaches(b, "live");
      const revert = await git.commit(gatewayFiles(9001), { message: "Revert" });
      await plane.turn();
      await plane.reaches(revert, "live");
    });

    it("open for commits that waited across a restart", async () => {
      const b = await git.commit(gatewayFiles(9002));
      await plane.turn();
      await plane.close();
      await start({ guards, clock });
      await plane.turn();
      assert.deepEqual([holdOf(b), servedOid()], ["window", a]);
      await clock.pass(64 * 3_600_000);
      await plane.reaches(b, "live");
    });
  });
});
