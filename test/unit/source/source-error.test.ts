import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SourceError } from "../../../src/source/source-error.js";

describe("SourceError", () => {
  it("has a message of one line, whatever it is made of", () => {
    const error = new SourceError("source/tls", " a\r\n\tb\x1b[31m\0c\x85d ");
    assert.equal(error.message, "a b [31m c d");
  });

  it("keeps its cause and when to try again", () => {
    const cause = new Error("why");
    const error = new SourceError("source/rate-limited", "x", { cause, retryAfterMs: 5 });
    assert.deepEqual([error.cause, error.retryAfterMs], [cause, 5]);
    assert.equal(new SourceError("source/disk", "x").retryAfterMs, undefined);
  });
});
