import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSchedule, scheduleFault } from "../../../../src/reconcile/loop/schedule.js";

describe("scheduleFault()", () => {
  for (const text of ["off", "@every 10s", "@every 1.5m", "*/15 * * * * *", "0 3 * * 1", " off "]) {
    it(`takes "${text}"`, () => {
      assert.equal(scheduleFault(text), undefined);
    });
  }
  for (const [text, want] of [
    ["", /no cron expression/],
    ["hourly", /"hourly" is no cron expression, no "@every 30s" and not "off"/],
    ["61 * * * * *", /61/],
    ["@every", /is no interval/],
    ["@every 10", /write it as "@every 30s"/],
    ["@every 10ms", /shortest interval is 1s/],
    ["@every 0s", /shortest/],
    ["@every 48h", /longest interval is 24h/],
    ["@hourly", /is no interval/],
  ] as const) {
    it(`complains about "${text}"`, () => {
      assert.match(scheduleFault(text) ?? "", want);
      assert.throws(() => parseSchedule(text), RangeError);
    });
  }
});

describe("parseSchedule()", () => {
  it("spreads an interval by a tenth in both directions", () => {
    const { nextDelayMs } = parseSchedule("@every 10s");
    assert.equal(Math.round(nextDelayMs(() => 0) ?? 0), 9_000);
    assert.equal(Math.round(nextDelayMs(() => 0.5) ?? 0), 10_000);
    assert.ok((nextDelayMs(() => 0.999) ?? 0) < 11_000);
  });

  it("finds the next time of a cron expression, and is late by a tenth at most", () => {
    const { nextDelayMs } = parseSchedule("*/20 * * * * *");
    const early = nextDelayMs(() => 0) ?? -1;
    const late = nextDelayMs(() => 1) ?? -1;
    assert.ok(early >= 0 && early <= 20_000, String(early));
    assert.ok(late >= 2_000 - 50 && late <= 22_000, String(late));
  });

  it("is never late by more than a minute", () => {
    const yearly = parseSchedule("0 0 1 1 *");
    const spread = (yearly.nextDelayMs(() => 1) ?? 0) - (yearly.nextDelayMs(() => 0) ?? 0);
    assert.ok(Math.abs(spread - 60_000) < 1_000, String(spread));
  });

  it("has no next time when it is off", () => {
    assert.equal(
      parseSchedule("off").nextDelayMs(() => 0),
      undefined,
    );
  });
});
