import assert from "node:assert/strict";
import { describe, it } from "node:test";
import git from "isomorphic-git";
import { CorruptObjectError } from "../../../src/source/objects/git-object.js";
import { SourceError } from "../../../src/source/source-error.js";
import { sourceFailureOf } from "../../../src/source/source-failure.js";

const running = new AbortController().signal;

describe("sourceFailureOf()", () => {
  const known = new SourceError("source/tls", "x");
  const bug = new TypeError("a bug");
  for (const [name, cause, want] of [
    ["a deadline", new DOMException("late", "TimeoutError"), "source/timeout"],
    ["a damaged object", new CorruptObjectError("x"), "source/mirror-corrupt"],
    [
      "a full disk",
      Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" }),
      "source/disk",
    ],
    ["isomorphic-git's complaint", new git.Errors.NotFoundError("refs/x"), "source/protocol"],
  ] as const) {
    it(`${want}: ${name}`, () => {
      const failure = sourceFailureOf(cause, running);
      assert.ok(failure instanceof SourceError);
      assert.equal(failure.code, want);
      assert.equal(failure.cause, cause);
    });
  }

  it("leaves source errors and bugs as they are", () => {
    assert.equal(sourceFailureOf(known, running), known);
    assert.equal(sourceFailureOf(bug, running), bug);
    assert.equal(sourceFailureOf("text", running), "text");
  });

  it("says so when it was stopped, whatever came of that", () => {
    const failure = sourceFailureOf(bug, AbortSignal.abort());
    assert.equal((failure as SourceError).code, "source/aborted");
  });
});
