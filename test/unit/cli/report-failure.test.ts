import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CommandError } from "../../../src/cli/io.js";
import { operationalMessage, reportFailure } from "../../../src/cli/report-failure.js";
import { SourceError } from "../../../src/source/source-error.js";
import { recordingIo } from "../../support/recording-io.js";

describe("operationalMessage()", () => {
  it("is the message of an error of this product, on one line", () => {
    assert.equal(operationalMessage(new CommandError("a\n  b")), "a b");
    assert.equal(operationalMessage(new SourceError("source/timeout", "too slow")), "too slow");
  });

  it("is a sentence for an error of the operating system", () => {
    try {
      readFileSync("/no/such/file");
      assert.fail("it was read");
    } catch (cause) {
      assert.equal(operationalMessage(cause), 'no such file or folder: "/no/such/file"');
    }
  });

  it("says that a file is where a folder is needed", () => {
    try {
      mkdirSync("/dev/null", { recursive: true });
      assert.fail("it was made");
    } catch (cause) {
      assert.equal(
        operationalMessage(cause),
        'there is a file where a folder is needed: "/dev/null"',
      );
    }
  });

  it("is nothing for a bug", () => {
    assert.equal(operationalMessage(new TypeError("x is not a function")), undefined);
    assert.equal(operationalMessage("text"), undefined);
  });
});

describe("reportFailure()", () => {
  it("prints the stack of a bug, and says that it is one", () => {
    const io = recordingIo();
    reportFailure(new TypeError("x is not a function"), io);
    assert.match(io.err(), /bug in gloo[^]*TypeError: x is not a function\n\s+at /);
  });

  it("says no more than that it was interrupted", () => {
    const io = recordingIo({ signal: AbortSignal.abort() });
    reportFailure(new Error("anything"), io);
    assert.equal(io.err(), "gloo: interrupted\n");
  });
});
