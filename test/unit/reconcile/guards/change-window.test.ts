import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isOpen, nextOpening } from "../../../../src/reconcile/guards/change-window.js";
import { parseWindow } from "../../../../src/reconcile/guards/parse-window.js";

const at = (text: string): number => Date.parse(text);
const windows = (...texts: readonly string[]) => texts.map(parseWindow);
const office = "allow 0 9 * * 1-5 for 8h in Europe/Berlin";
const friday = "deny 0 12 * * 5 for 12h in Europe/Berlin";

describe("isOpen()", () => {
  for (const [name, texts, time, want] of [
    ["without windows", [], "2026-03-07T03:00:00Z", true],
    ["within one that allows", [office], "2026-03-06T08:00:00Z", true],
    ["a moment before it", [office], "2026-03-06T07:59:59.999Z", false],
    ["a moment before its end", [office], "2026-03-06T15:59:59.999Z", true],
    ["at its end", [office], "2026-03-06T16:00:00Z", false],
    ["an hour earlier in summer time", [office], "2026-03-30T07:00:00Z", true],
    ["within one that denies too", [office, friday], "2026-03-06T11:30:00Z", false],
    ["only with one that denies, outside of it", [friday], "2026-03-07T03:00:00Z", true],
    [
      "within a second that allows",
      [office, "allow 0 2 * * 6 for 2h"],
      "2026-03-07T03:00:00Z",
      true,
    ],
    ["in a window across midnight", ["allow 0 22 * * * for 4h"], "2026-03-07T01:30:00Z", true],
    [
      "in one that is longer than its interval",
      ["deny 0 * * * * for 2h"],
      "2026-03-07T01:30:00Z",
      false,
    ],
    ["in one with seconds", ["allow 30 0 9 * * * for 1m"], "2026-03-07T09:00:31Z", true],
  ] as const) {
    it(`${want}: ${name}`, () => {
      assert.equal(isOpen(windows(...texts), at(time)), want);
    });
  }
});

describe("nextOpening()", () => {
  for (const [name, texts, time, want] of [
    ["the next start", [office], "2026-03-06T18:00:00Z", "2026-03-09T08:00:00.000Z"],
    ["over the change of the clocks", [office], "2026-03-27T18:00:00Z", "2026-03-30T07:00:00.000Z"],
    ["the end of one that denies", [friday], "2026-03-06T12:00:00Z", "2026-03-06T23:00:00.000Z"],
    [
      "a start after one that denies",
      [office, friday],
      "2026-03-06T12:00:00Z",
      "2026-03-09T08:00:00.000Z",
    ],
    [
      "the end of two in a row",
      ["deny 0 0 * * * for 3h", "deny 0 2 * * * for 4h"],
      "2026-03-06T01:00:00Z",
      "2026-03-06T06:00:00.000Z",
    ],
    [
      "never, where one denies always",
      ["deny 0 0 * * * for 1d"],
      "2026-03-06T01:00:00Z",
      undefined,
    ],
    ["now, where it is open", [office], "2026-03-06T12:00:00Z", "2026-03-06T12:00:00.000Z"],
  ] as const) {
    it(`is ${name}`, () => {
      const opening = nextOpening(windows(...texts), at(time));
      assert.equal(opening === undefined ? undefined : new Date(opening).toISOString(), want);
    });
  }
});

describe("parseWindow()", () => {
  for (const [text, complaint] of [
    ["always", /is no change window; write it as "allow 0 9 \* \* 1-5 for 8h in Europe\/Berlin"/],
    ["permit 0 9 * * * for 8h", /is no change window/],
    ["allow 0 9 * * * for ever", /"ever" in .* is no duration, such as 8h/],
    ["allow 0 9 * * * for 0h", /is no duration/],
    ["allow 0 9 * * * for 400d", /is no duration/],
    ["allow 0 9 * * * for 8h in Mars/Base", /"Mars\/Base" in .* is no time zone/],
    ["allow 0 9 * * for 8h", /has 4 fields; a cron expression has 5 or 6/],
    ["allow 0 99 * * * for 8h", /"0 99 \* \* \*" in .* is no cron expression: .*99/],
    ["allow 0 0 30 2 * for 8h", /is no cron expression/],
  ] as const) {
    it(`refuses ${text}`, () => {
      assert.throws(
        () => parseWindow(text),
        (error) => {
          assert.ok(error instanceof RangeError);
          assert.match(error.message, complaint);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }

  it("adds up days, hours and minutes", () => {
    assert.equal(parseWindow("deny 0 0 24 12 * for 1d2h30m").durationMs, 95_400_000);
  });
});
