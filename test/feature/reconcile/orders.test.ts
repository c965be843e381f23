import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { Command } from "../../../src/reconcile/orders/give-orders.js";
import { StateError } from "../../../src/state/state-error.js";
import { badFiles, gatewayFiles } from "../../support/config-texts.js";
import {
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "../../support/control-plane.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";

const ada = { who: "ada@desk", why: "the new one is slow", atMs: Date.UTC(2026, 2, 6, 16, 0) };

describe("orders", () => {
  let git: TestRepository;
  let remote: GitServer;
  let plane: TestControlPlane;
  let folder: string;
  let robots: RobotEnvoy[];
  let a: string;
  let b: string;

  beforeEach(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-orders-"));
    robots = [];
    a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    b = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(b, "live");
  });
  afterEach(async () => {
    for (const robot of robots) robot.close();
    await plane.close();
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (options: Partial<TestControlPlaneOptions> = {}): Promise<void> => {
    plane = await startControlPlane({
      url: remote.url,
      stateFolder: join(folder, "state"),
      ...options,
    });
  };
  const restart = async (options?: Partial<TestControlPlaneOptions>): Promise<void> => {
    await plane.close();
    await start(options);
  };
  const servedOid = (): string | undefined => plane.reconciler.serving()?.commit.commit.oid;
  /** Gives an order, and waits for the turn that heeds it. */
  const order = async (command: Command): Promise<void> => {
    const answer = await plane.reconciler.command(command, ada);
    assert.ok("turn" in answer, JSON.stringify(answer));
    await poll("the turn", () => plane.reconciler.turn(answer.turn));
  };
  const refusalOf = async (command: Command): Promise<string> => {
    const answer = await plane.reconciler.command(command, ada);
    assert.ok("code" in answer, JSON.stringify(answer));
    return `${answer.code}: ${answer.reason}`;
  };
  const isHeld = (oid: string, kind: string): Promise<string> =>
    poll(`commit ${oid.slice(0, 8)} to be held`, () => {
      const { hold, reason = "" } = plane.record(oid) ?? {};
      return hold?.kind === kind ? reason : undefined;
    });

  describe("to pin a commit", () => {
    it("serve it whatever the branch says, and say why others wait", async () => {
      await order({ kind: "pin", oid: a });
      await plane.reaches(a, "live");
      assert.equal(
        await isHeld(b, "pinned"),
        `held: pinned to ${a.slice(0, 8)} since 2026-03-06T16:00:00Z by ada@desk ` +
          "because the new one is slow; `gloo unpin` lets it go live",
      );
      const c = await git.commit(gatewayFiles(9003));
      const bad = await git.commit(badFiles);
      await plane.turn();
      await isHeld(c, "pinned");
      assert.equal(plane.record(bad)?.state, "rejected");
      assert.equal(servedOid(), a);
      assert.equal((await plane.turn({ force: true })).commit === c, false);
      assert.equal(servedOid(), a);
      await order({ kind: "unpin" });
      await plane.reaches(c, "live");
      assert.equal(plane.record(b)?.state, "superseded");
    });

    it("hold across a restart, also with the remote dead", async () => {
      await order({ kind: "pin", oid: a });
      await plane.reaches(a, "live");
      remote.setFault(() => ({ kind: "hang-up" }));
      await restart();
      assert.equal(servedOid(), a);
      assert.equal(plane.reconciler.status().orders.pin?.commit.oid, a);
      remote.setFault(undefined);
      const c = await git.commit(gatewayFiles(9003));
      await plane.turn();
      await isHeld(c, "pinned");
      assert.equal(servedOid(), a);
      await order({ kind: "unpin" });
      await plane.reaches(c, "live");
    });

    it("give way when nothing is served and the commit is nowhere any more", async () => {
      await order({ kind: "pin", oid: a });
      await plane.reaches(a, "live");
      await plane.close();
      const state = join(folder, "state");
      for (const name of await readdir(state)) {
        if (name.endsWith(".journal")) await rm(join(state, name));
      }
      await rm(join(state, "mirror"), { recursive: true });
      const c = await git.commit(gatewayFiles(9003), { parent: null, replace: true });
      await git.git("reflog", "expire", "--expire=now", "--all");
      await git.git("gc", "--quiet", "--prune=now");
      await start();
      await plane.reaches(c, "live");
      assert.match(plane.reconciler.status().problems.join(), /is pinned and cannot be read/);
    });

    it("may be given before a crash that comes before it is served", async () => {
      await plane.close();
      await start({
        change: (deps) => ({ ...deps, judge: () => Promise.reject(new Error("no binary")) }),
      });
      await order({ kind: "pin", oid: a });
      assert.equal(servedOid(), b);
      await restart();
      await plane.reaches(a, "live");
    });

    it("leave the veto with Envoys", async () => {
      const robot = connectRobotEnvoy(plane.port, "ingress~1");
      robots.push(robot);
      await poll("it to be proven", () => plane.record(b)?.durations.allAcks);
      let refusals = 0;
      robot.refuses = ({ type_url }) =>
        type_url === typeUrls.endpoints && refusals++ === 0 ? "bad endpoint" : undefined;
      await order({ kind: "pin", oid: a });
      await plane.reaches(a, "refused");
      await plane.reaches(b, "live");
      await poll("the problem", () =>
        plane.reconciler.status().problems.find((one) => one.includes("cannot be served")),
      );
      await order({ kind: "unpin" });
      assert.equal(servedOid(), b);
      assert.deepEqual(plane.reconciler.status().problems, []);
    });

    it("are refused for what is not known, not good or not on the branch", async () => {
      assert.match(
        await refusalOf({ kind: "pin", oid: "f".repeat(40) }),
        /unknown-commit: commit ffffffff was never judged here/,
      );
      const bad = await git.commit(badFiles);
      await plane.turn();
      assert.match(
        await refusalOf({ kind: "pin", oid: bad }),
        /not-good: .* 1 error in its config/,
      );
      const other = await git.commit(gatewayFiles(9005), { parent: a });
      await plane.turn();
      await plane.reaches(other, "live");
      assert.match(await refusalOf({ kind: "pin", oid: b }), /not-on-branch: /);
      await order({ kind: "pin", oid: a });
      assert.match(await refusalOf({ kind: "resume" }), /not-suspended/);
      await order({ kind: "unpin" });
      assert.match(await refusalOf({ kind: "unpin" }), /nothing-pinned/);
    });

    it("are not taken when they cannot be kept", async () => {
      await restart({
        change: (deps) => ({
          ...deps,
          orders: {
            ...deps.orders,
            write: () => Promise.reject(new StateError("state/disk-full", "no space left")),
          },
        }),
      });
      await assert.rejects(plane.reconciler.command({ kind: "pin", oid: a }, ada), /no space left/);
      assert.equal(plane.reconciler.status().orders.pin, undefined);
      await plane.turn();
      assert.equal(servedOid(), b);
    });
  });

  describe("to suspend", () => {
    it("let nothing new go live, while commits are fetched and judged", async () => {
      await order({ kind: "suspend" });
      const c = await git.commit(gatewayFiles(9003));
      assert.equal((await plane.turn()).result, "held");
      assert.match(
        await isHeld(c, "suspended"),
        /^held: suspended since .* by ada@desk because .*resume/,
      );
      const approval = await refusalOf({ kind: "approve", oid: c });
      assert.match(approval, /held-by-order: .*`gloo resume` lets it go live/);
      await plane.turn({ force: true });
      await restart();
      await plane.turn();
      assert.equal(servedOid(), b);
      assert.equal(plane.reconciler.status().orders.suspension?.who, "ada@desk");
      await order({ kind: "resume" });
      await plane.reaches(c, "live");
    });

    it("do not stand in the way of a pin", async () => {
      await order({ kind: "suspend" });
      await order({ kind: "pin", oid: a });
      await plane.reaches(a, "live");
      await order({ kind: "unpin" });
      await isHeld(b, "suspended");
      assert.equal(servedOid(), a);
    });

    it("leave the way back from a refused commit open", async () => {
      const robot = connectRobotEnvoy(plane.port, "ingress~1");
      robots.push(robot);
      await poll("it to be proven", () => plane.record(b)?.durations.allAcks);
      const sent = robot.responses.length;
      robot.silent = true;
      const c = await git.commit(gatewayFiles(9003));
      await plane.turn();
      await robot.waitFor("it to be sent", () => robot.responses.length > sent);
      await order({ kind: "suspend" });
      let refusals = 0;
      robot.refuses = ({ type_url }) =>
        type_url === typeUrls.endpoints && refusals++ === 0 ? "bad endpoint" : undefined;
      robot.silent = false;
      await plane.reaches(c, "refused");
      await plane.reaches(b, "live");
      assert.equal(servedOid(), b);
    });
  });

  it("show who has taken a commit, and what it changed", async () => {
    const robot = connectRobotEnvoy(plane.port, "ingress~1");
    robots.push(robot);
    await poll("it to be proven", () => plane.record(b)?.durations.allAcks);
    const c = await git.commit(gatewayFiles(9003));
    await plane.turn();
    await poll("it to be proven", () => plane.record(c)?.durations.allAcks);
    const { acknowledgements, changes } = plane.record(c) ?? {};
    assert.deepEqual(acknowledgements, { ingress: { count: 1, nodes: ["ingress~1"] } });
    assert.deepEqual(changes, {
      since: b,
      objects: { Upstream: { added: 0, changed: 1, removed: 0 } },
      resources: { [typeUrls.endpoints]: { added: 0, changed: 1, removed: 0 } },
    });
  });
});
