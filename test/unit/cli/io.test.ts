import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wantsColor, withProgress } from "../../../src/cli/io.js";
import { recordingIo } from "../../support/recording-io.js";

describe("wantsColor()", () => {
  for (const [name, argv, env, isTerminal, want] of [
    ["a terminal", [], {}, true, true],
    ["a pipe", [], {}, false, false],
    ["NO_COLOR", [], { NO_COLOR: "1" }, true, false],
    ["an empty NO_COLOR", [], { NO_COLOR: "" }, true, true],
    ["--no-color over FORCE_COLOR", ["--no-color"], { FORCE_COLOR: "1" }, true, false],
    ["FORCE_COLOR in a pipe", [], { FORCE_COLOR: "1" }, false, true],
    ["FORCE_COLOR=0", [], { FORCE_COLOR: "0" }, false, false],
    ["a dumb terminal", [], { TERM: "dumb" }, true, false],
  ] as const) {
    it(`${want}: ${name}`, () => assert.equal(wantsColor(argv, env, isTerminal), want));
  }
});

describe("withProgress()", () => {
  it("takes the line away also when the work fails", async () => {
    const io = recordingIo();
    await assert.rejects(
      withProgress(io, "working", () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.deepEqual(io.progressLines, ["working", "(gone)"]);
  });
});
