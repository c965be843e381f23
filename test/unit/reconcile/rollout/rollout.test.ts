import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Release } from "../../../../src/reconcile/releases/release.js";
import type { Rollout } from "../../../../src/reconcile/rollout/rollout.js";
import type { VetoPolicy } from "../../../../src/reconcile/rollout/veto-policy.js";
import type { MadeEnvoy, MadeFleet } from "../../../support/made-fleet.js";
import { createMadeRollout, madeRelease, type MadeRollout } from "../../../support/made-rollout.js";
import type { Contents } from "../../../support/made-snapshot.js";
import { settle, type ManualClock } from "../../../support/manual-clock.js";

const [a, b, c] = [madeRelease("a"), madeRelease("b"), madeRelease("c")] as const;

describe("the rollout", () => {
  let made: MadeRollout;
  let clock: ManualClock;
  let fleet: MadeFleet;
  let rollout: Rollout;

  const create = (policy?: VetoPolicy): void => {
    made = createMadeRollout(policy);
    ({ clock, fleet, rollout } = made);
  };
  const taken = (): readonly string[] => made.taken();
  /** Release `a`, taken by an Envoy of each of these node ids. */
  const proveA = async (
    firstId: string,
    ...otherIds: readonly string[]
  ): Promise<readonly [MadeEnvoy, ...MadeEnvoy[]]> => {
    const first = fleet.connect(firstId);
    const others = otherIds.map((nodeId) => fleet.connect(nodeId));
    await rollout.offer(a);
    for (const envoy of [first, ...others]) envoy.ack();
    await clock.pass(100);
    assert.deepEqual(taken(), ["a publishing", "a live", "a proven"]);
    assert.deepEqual(made.disk, ["a"]);
    return [first, ...others];
  };

  beforeEach(() => {
    create();
  });

  it("counts a release as live at once when nobody is there, and proves it when somebody is", async () => {
    await rollout.offer(a);
    assert.deepEqual(taken(), ["a publishing", "a live"]);
    assert.equal(rollout.proven, undefined);
    const envoy = fleet.connect("ingress~1");
    envoy.ack();
    await clock.pass(100);
    assert.deepEqual(taken(), ["a proven"]);
    assert.equal(rollout.proven, a);
  });

  it("waits for everybody, and for a moment more", async () => {
    const one = fleet.connect("ingress~1");
    const two = fleet.connect("ingress~2");
    await rollout.offer(a);
    one.ack();
    await clock.pass(1_000);
    two.ack();
    await clock.pass(99);
    assert.deepEqual(taken(), ["a publishing"]);
    await clock.pass(1);
    assert.deepEqual(taken(), ["a live", "a proven"]);
  });

  it("writes a release to disk before it is published, with the old one beneath", async () => {
    await proveA("ingress~1");
    await rollout.offer(b);
    assert.deepEqual(made.disk, ["b", "a"]);
    await rollout.offer(c);
    assert.deepEqual(made.disk, ["c", "a"]);
    assert.deepEqual(taken(), ["b publishing", "b superseded", "c publishing"]);
  });

  it("does not publish what cannot be written, unless it is told to", async () => {
    await proveA("ingress~1");
    made.diskError = new Error("full");
    const offered = await rollout.offer(b);
    assert.deepEqual([offered.isPublished, offered.error], [false, made.diskError]);
    assert.equal(rollout.serving, a);
    assert.equal((await rollout.offer(b, { evenUnsaved: true })).isPublished, true);
    assert.equal(rollout.serving, b);
  });

  it("has beneath a release also what proved itself while that was written", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    one.ack();
    let write = (): void => undefined;
    made.beforeWrite = new Promise((resolve) => (write = resolve));
    const offering = rollout.offer(c);
    await clock.pass(100);
    assert.equal(rollout.proven, b);
    write();
    await offering;
    await settle();
    assert.deepEqual(made.disk, ["c", "b"]);
    one.nack();
    await settle();
    assert.equal(rollout.serving, b);
    assert.deepEqual(made.disk, ["b"]);
  });

  it("hears what is said of a part that a newer release has too, and is not sent again", async () => {
    const part: Contents = { cluster: { b: "b" }, route: { c: "c" } };
    const withPart = madeRelease("c", { canary: part, ingress: part });
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    await rollout.offer(withPart);
    one.nack(); // of the clusters, which came with `b`
    await settle();
    const on = ["b publishing", "b superseded", "c publishing", "c refused", "a is back"];
    assert.deepEqual(taken(), on);
    one.ack();
    await rollout.offer(b);
    const offering = rollout.offer(withPart);
    one.nack(); // before the newer one is there
    await offering;
    await settle();
    const again = ["b publishing", "b refused", "c publishing", "c refused", "a is back"];
    assert.deepEqual(taken(), again);
  });

  it("goes back at the first refusal, on disk first", async () => {
    const [one] = await proveA("ingress~1", "ingress~2");
    await rollout.offer(b);
    one.nack();
    await settle();
    assert.deepEqual(taken(), ["b publishing", "b refused", "a is back"]);
    assert.deepEqual(made.disk, ["a"]);
    assert.deepEqual(
      fleet.published,
      [a, b, a].map(({ snapshot }) => snapshot.id),
    );
    assert.equal(rollout.serving, a);
  });

  it("goes back also when that cannot be written", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    made.diskError = new Error("full");
    one.nack();
    await settle();
    assert.equal(rollout.serving, a);
  });

  it("does not go back from what is not before Envoys any more", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    const offering = rollout.offer(c);
    one.nack();
    await offering;
    await settle();
    assert.equal(rollout.serving, c);
    assert.deepEqual(taken(), ["b publishing", "b refused", "c publishing"]);
    one.nack();
    await settle();
    assert.equal(rollout.serving, a);
  });

  it("counts a release as live after the ack timeout, if somebody has taken it", async () => {
    const [one] = await proveA("ingress~1", "ingress~2");
    await rollout.offer(b);
    one.ack();
    await clock.pass(59_999);
    assert.deepEqual(taken(), ["b publishing"]);
    await clock.pass(1);
    assert.deepEqual(taken(), ["b live: 1 Envoys have not answered within 60 s", "b proven"]);
  });

  it("counts it as live also if nobody has answered, but goes back when one says no", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    await clock.pass(60_000);
    assert.deepEqual(taken(), ["b publishing", "b live: 1 Envoys have not answered within 60 s"]);
    assert.equal(rollout.proven, a);
    one.nack();
    await settle();
    assert.deepEqual(taken(), ["b refused", "a is back"]);
  });

  it("takes it for a refusal when those who were sent it are gone and do not come back", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    one.leave();
    await clock.pass(59_999);
    assert.deepEqual(taken(), ["b publishing"]);
    await clock.pass(1);
    assert.deepEqual(taken(), ["b publishing", "b refused", "a is back"].slice(1));
  });

  it("waits for those who were sent it and come back", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    one.leave();
    await clock.pass(30_000);
    fleet.connect("ingress~1").ack();
    await clock.pass(100);
    assert.deepEqual(taken(), ["b publishing", "b live", "b proven"]);
  });

  it("does not hear those who refuse what is proven", async () => {
    const [one] = await proveA("ingress~1");
    const sick = fleet.connect("ingress~sick");
    sick.nack();
    await rollout.offer(b);
    sick.nack();
    one.ack();
    await clock.pass(100);
    assert.deepEqual(taken(), ["b publishing", "b live", "b proven"]);
    // It is back in a new stream, and as sick as before.
    sick.leave();
    const again = fleet.connect("ingress~sick");
    again.nack();
    await rollout.offer(c);
    again.nack();
    one.ack();
    await clock.pass(100);
    assert.deepEqual(taken(), ["c publishing", "c live", "c proven"]);
  });

  it("hears a second refusal of a healthy Envoy, also before it has taken the old again", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    one.nack();
    await settle();
    await rollout.offer(c); // one has not answered to `a` yet
    one.nack();
    await settle();
    assert.deepEqual(taken().slice(-3), ["c publishing", "c refused", "a is back"]);
  });

  it("does not take a refusal from those who refuse what came before as well", async () => {
    const [one, two] = await proveA("ingress~1", "ingress~2");
    await rollout.offer(b);
    one.nack();
    await settle();
    two?.ack();
    taken();
    one.nack(); // of `a`
    assert.deepEqual(taken(), ["b not refused after all"]);
  });

  it("notes further refusals of what was taken back", async () => {
    const [one, two] = await proveA("ingress~1", "ingress~2");
    await rollout.offer(b);
    one.nack();
    two?.nack();
    await settle();
    assert.deepEqual(taken(), ["b publishing", "b refused", "b refused once more", "a is back"]);
    one.nack();
    assert.deepEqual(taken(), []);
    two?.nack();
    assert.deepEqual(taken(), ["b not refused after all"]);
  });

  it("overrules a minority with policy quorum, and does not hear it afterwards", async () => {
    create({ kind: "quorum" });
    const [one, two, three] = await proveA("ingress~1", "ingress~2", "ingress~3");
    await rollout.offer(b);
    one.nack();
    two?.ack();
    three?.ack();
    await clock.pass(100);
    const said = 'b live: Envoy "ingress~1" refuses it and is outvoted';
    assert.deepEqual(taken(), ["b publishing", said, "b proven"]);
    await rollout.offer(c);
    one.nack();
    await settle();
    assert.deepEqual(taken(), ["c publishing"]);
    two?.nack();
    await settle();
    assert.deepEqual(taken(), ["c refused", "b is back"]);
  });

  it("changes the form of what is served without a trial, and goes back in that form", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    taken();
    const changed = new Map([a, b].map(({ commit: { oid } }) => [oid, madeRelease(`${oid}2`)]));
    await rollout.reshape((known) => {
      const { snapshot } = changed.get(known.commit.oid) ?? known;
      return { ...known, snapshot };
    });
    assert.deepEqual(taken(), []);
    assert.deepEqual(made.disk, ["b", "a"]);
    assert.equal(fleet.published.at(-1), changed.get("b")?.snapshot.id);
    one.nack();
    await settle();
    assert.deepEqual(taken(), ["b refused", "a is back"]);
    assert.equal(fleet.published.at(-1), changed.get("a")?.snapshot.id);
  });

  describe("with nothing proven", () => {
    /** These go live one after the other, before anybody is there. */
    const goLive = async (...releases: readonly Release[]): Promise<void> => {
      for (const one of releases) await rollout.offer(one);
      taken();
    };

    it("goes back to what was live, which is on trial again", async () => {
      await goLive(a);
      const envoy = fleet.connect("ingress~1"); // and it has said nothing yet
      await rollout.offer(b);
      assert.deepEqual(made.disk, ["b", "a"]);
      envoy.nack();
      await settle();
      assert.deepEqual(taken(), ["b publishing", "b refused", "a is back"]);
      assert.deepEqual(made.disk, ["a"]);
      assert.deepEqual([rollout.serving, rollout.proven], [a, undefined]);
      envoy.ack();
      await clock.pass(100);
      assert.deepEqual(taken(), ["a proven"]);
    });

    it("goes back also to what was taken a moment ago, and to what came while others answered", async () => {
      await goLive(a);
      const envoy = fleet.connect("ingress~1");
      envoy.ack();
      await clock.pass(50);
      await rollout.offer(b);
      envoy.nack();
      await settle();
      assert.deepEqual(taken(), ["b publishing", "b refused", "a is back"]);
      create();
      const other = fleet.connect("ingress~1");
      await rollout.offer(a);
      await rollout.offer(b);
      other.nack();
      await settle();
      const on = ["a publishing", "a superseded", "b publishing", "b refused", "a is back"];
      assert.deepEqual(taken(), on);
    });

    it("goes back step by step, and stays at the first when that is refused too", async () => {
      await goLive(a, b, c);
      assert.deepEqual(made.disk, ["c", "b", "a"]);
      const envoy = fleet.connect("ingress~1");
      for (const left of [["b", "a"], ["a"], ["a"]]) {
        envoy.nack();
        await settle();
        assert.deepEqual(made.disk, left);
      }
      const on = ["c refused", "b is back", "b refused", "a is back", "a refused", "a stays"];
      assert.deepEqual(taken(), on);
      assert.equal(rollout.serving, a);
      // What comes then has nothing to go back to: it takes the place of what was refused.
      const d = madeRelease("d");
      await rollout.offer(d);
      assert.deepEqual(made.disk, ["d"]);
      envoy.ack();
      await clock.pass(100);
      assert.equal(rollout.proven, d);
    });

    it("passes over what is the same to Envoys as what they refused", async () => {
      const same: Release = { ...b, commit: { ...b.commit, oid: "same" } };
      await goLive(a, b, same);
      fleet.connect("ingress~1").nack();
      await settle();
      assert.deepEqual(taken(), ["same refused", "a is back"]);
      assert.deepEqual(made.disk, ["a"]);
    });

    it("keeps the last three, and what was proven before them however many there are", async () => {
      const [one] = await proveA("ingress~1");
      one.leave();
      await goLive(...["b", "c", "d", "e", "f"].map((name) => madeRelease(name)));
      assert.deepEqual(made.disk, ["f", "e", "d", "c", "a"]);
      const back = fleet.connect("ingress~1");
      for (let refusals = 0; refusals < 4; refusals++) {
        back.nack();
        await settle();
      }
      assert.equal(rollout.serving, a);
      assert.deepEqual(made.disk, ["a"]);
      back.nack(); // of what is proven: it is sick
      await settle();
      assert.equal(taken().at(-1), "c not refused after all");
    });

    it("gives other endpoints also to what would be gone back to", async () => {
      await goLive(a, b);
      const { snapshot } = madeRelease("a2");
      await rollout.reshape((known) => (known.commit.oid === "a" ? { ...known, snapshot } : known));
      fleet.connect("ingress~1").nack();
      await settle();
      assert.equal(fleet.published.at(-1), snapshot.id);
    });

    it("waits for no Envoy that has gone for good, when others have taken what is live", async () => {
      await goLive(a);
      fleet.connect("ingress~gone").leave();
      fleet.connect("ingress~1").ack();
      await clock.pass(100);
      assert.deepEqual(taken(), ["a proven"]);
    });

    it("hears an Envoy again that has left in the middle of it", async () => {
      await goLive(a, b);
      const envoy = fleet.connect("ingress~1");
      envoy.nack();
      envoy.leave();
      await settle();
      const again = fleet.connect("ingress~1");
      again.ack();
      await clock.pass(100);
      assert.deepEqual(taken(), ["b refused", "a is back", "a proven"]);
    });
  });

  describe("with a canary role", () => {
    beforeEach(() => {
      create({ kind: "canary", role: "canary" });
    });

    it("serves that role first, and all others when it has taken the release", async () => {
      const [canary, other] = await proveA("canary~1", "ingress~1");
      await rollout.offer(b);
      assert.deepEqual(made.disk, ["canary of b", "a"]);
      assert.equal(rollout.serving?.isCanary, true);
      assert.deepEqual(
        rollout.serving.snapshot.roles.get("ingress"),
        a.snapshot.roles.get("ingress"),
      );
      canary.ack();
      await clock.pass(100);
      assert.deepEqual(made.disk, ["b", "a"]);
      other?.ack();
      await clock.pass(100);
      assert.deepEqual(taken(), ["b publishing", "b publishing", "b live", "b proven"]);
      assert.deepEqual(made.disk, ["b"]);
    });

    it("goes back when the canary role refuses, and when it says nothing", async () => {
      const [canary] = await proveA("canary~1", "ingress~1");
      await rollout.offer(b);
      canary.nack();
      await settle();
      assert.deepEqual(taken(), ["b publishing", "b refused", "a is back"]);
      canary.ack();
      await rollout.offer(c);
      await clock.pass(60_000);
      assert.deepEqual(taken(), ["c publishing", "c refused", "a is back"]);
    });

    it("serves everybody when no Envoy of that role is there, and says so", async () => {
      const [other] = await proveA("ingress~1");
      await rollout.offer(b);
      await clock.pass(100);
      other.ack();
      await clock.pass(100);
      assert.deepEqual(taken().slice(-2), [
        "b live: no Envoy of the canary role was there to try it",
        "b proven",
      ]);
    });

    it("serves everybody at once where that role is all that changes", async () => {
      const [canary] = await proveA("canary~1", "ingress~1");
      const contents: Contents = { cluster: { b: "b" } };
      const ingress: Contents = { cluster: { a: "a" } };
      await rollout.offer(madeRelease("b", { canary: contents, ingress }));
      assert.deepEqual(made.disk, ["b", "a"]);
      canary.ack();
      await clock.pass(100);
      assert.deepEqual(taken(), ["b publishing", "b live", "b proven"]);
    });
  });

  describe("after a restart", () => {
    it("serves what was proven, and has nothing to try", async () => {
      rollout.restore([a]);
      assert.deepEqual([rollout.serving, rollout.proven], [a, a]);
      fleet.connect("ingress~1").nack();
      await settle();
      assert.deepEqual(taken(), []);
      assert.deepEqual(fleet.published, [a.snapshot.id]);
    });

    it("has proven again what is the same to Envoys as what they have proven", async () => {
      const same: Release = { ...a, commit: { ...a.commit, oid: "same" } };
      rollout.restore([same, a]);
      assert.deepEqual([rollout.serving, rollout.proven, rollout.beneath], [same, same, []]);
      assert.deepEqual(fleet.published, [a.snapshot.id]);
    });

    it("tries again what was on trial", async () => {
      made.disk = ["b", "a"];
      rollout.restore([b, a]);
      assert.deepEqual(taken(), ["b publishing", "b live"]);
      fleet.connect("ingress~1").nack();
      await settle();
      assert.deepEqual(taken(), ["b refused", "a is back"]);
      assert.deepEqual(made.disk, ["a"]);
    });

    it("goes back step by step, and no further than to the last", async () => {
      made.disk = ["c", "b", "a"];
      rollout.restore([c, b, a]);
      const envoy = fleet.connect("ingress~1");
      envoy.nack();
      await settle();
      assert.deepEqual([rollout.serving, made.disk], [b, ["b", "a"]]);
      envoy.nack();
      await settle();
      assert.deepEqual([rollout.serving, rollout.proven, made.disk], [a, a, ["a"]]);
    });

    it("goes no further with a canary until its commit has been read again", async () => {
      create({ kind: "canary", role: "canary" });
      const contents: Contents = { cluster: { b: "b" } };
      const half = madeRelease("b", { canary: contents, ingress: { cluster: { a: "a" } } });
      rollout.restore([{ ...half, isCanary: true }, a]);
      fleet.connect("canary~1").ack();
      await clock.pass(120_000);
      assert.equal(rollout.serving?.isCanary, true);
      await rollout.offer(b);
      await clock.pass(100);
      assert.equal(rollout.serving?.isCanary, false);
      assert.equal(rollout.serving?.snapshot.id, b.snapshot.id);
    });
  });

  describe("while something is being written", () => {
    /** The next write waits until what this gives is called. */
    const holdWrite = (): (() => void) => {
      let release = (): void => undefined;
      made.beforeWrite = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    };
    /** Other endpoints, in a release whose commit stays the same. */
    const reform = (known: Release): Release => ({
      ...known,
      snapshot: madeRelease(`${known.snapshot.commit}2`).snapshot,
    });

    it("can still go back to what proved itself while its form changed", async () => {
      const [one] = await proveA("ingress~1");
      await rollout.offer(b);
      one.ack();
      const write = holdWrite();
      const reshaped = rollout.reshape(reform);
      await clock.pass(100);
      assert.deepEqual(taken(), ["b publishing", "b live", "b proven"]);
      write();
      await reshaped;
      one.ack();
      await rollout.offer(c);
      assert.deepEqual(made.disk, ["c", "b"]);
      one.nack();
      await settle();
      assert.deepEqual(taken(), ["c publishing", "c refused", "b is back"]);
    });

    it("goes on from a canary that was taken while its form changed", async () => {
      create({ kind: "canary", role: "canary" });
      const [canary, other] = await proveA("canary~1", "ingress~1");
      await rollout.offer(b);
      canary.ack();
      const write = holdWrite();
      const reshaped = rollout.reshape(reform);
      await clock.pass(100);
      write();
      await reshaped;
      await settle();
      assert.equal(rollout.serving?.isCanary, false);
      canary.ack();
      other?.ack();
      await clock.pass(100);
      assert.equal(taken().at(-1), "b proven");
    });

    it("goes nowhere any more when it is closed", async () => {
      const [one] = await proveA("ingress~1");
      await rollout.offer(b);
      taken();
      const write = holdWrite();
      one.nack();
      await settle();
      const closed = rollout.close();
      write();
      await closed;
      assert.deepEqual(taken(), ["b refused"]);
      assert.deepEqual(fleet.published, [a.snapshot.id, b.snapshot.id]);
      assert.equal(clock.waiting(), 0);
    });
  });

  it("does nothing more once it is closed", async () => {
    const [one] = await proveA("ingress~1");
    await rollout.offer(b);
    await rollout.close();
    one.nack();
    await clock.pass(120_000);
    assert.equal(rollout.serving, b);
    assert.equal(clock.waiting(), 0);
    assert.equal((await rollout.offer(c)).isPublished, false);
  });
});
