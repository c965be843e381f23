import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { followAcknowledgements } from "../../../../src/reconcile/rollout/acknowledgements.js";
import { createMadeFleet } from "../../../support/made-fleet.js";
import { madeRelease } from "../../../support/made-rollout.js";
import { createManualClock } from "../../../support/manual-clock.js";

const a = madeRelease("a");

describe("acknowledgements", () => {
  const clock = createManualClock();
  const fleet = createMadeFleet();
  const notes: string[] = [];
  const acknowledgements = followAcknowledgements({
    server: fleet.server,
    clock,
    serving: () => a,
    note: ({ oid }, by) => {
      notes.push(`${oid} ${JSON.stringify(by)}`);
    },
  });
  fleet.server.publish(a.snapshot);

  it("are noted also of Envoys that come late: once for many, and not again", async () => {
    fleet.connect("ingress~1").ack();
    fleet.connect("ingress~2").ack();
    await clock.pass(4_999);
    assert.deepEqual(notes, []);
    await clock.pass(1);
    const both = { ingress: { count: 2, nodes: ["ingress~1", "ingress~2"] } };
    assert.deepEqual(notes.splice(0), [`a ${JSON.stringify(both)}`]);
    fleet.connect("ingress~2").ack();
    await clock.pass(60_000);
    assert.deepEqual(notes, []);
  });

  it("are noted at the latest when nobody listens any more", () => {
    fleet.connect("canary~1").ack();
    acknowledgements.close();
    assert.match(notes.join(), /"canary":\{"count":1/);
    assert.equal(clock.waiting(), 0);
    fleet.connect("canary~2").ack();
    assert.equal(acknowledgements.of("a")["canary"]?.count, 1);
  });
});
