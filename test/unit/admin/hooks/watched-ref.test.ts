import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RefChange } from "../../../../src/admin/hooks/hook-kind.js";
import { actionOf } from "../../../../src/admin/hooks/watched-ref.js";

const commit = "a".repeat(40);
const push = (...refs: (string | undefined)[]): { kind: "push"; changes: RefChange[] } => ({
  kind: "push",
  changes: refs.map((ref) => ({ ref, commit })),
});

describe("actionOf()", () => {
  for (const [name, event, watched, want] of [
    ["a branch by its name", push("refs/heads/main"), "main", commit],
    ["a branch by its full name", push("refs/heads/main"), "refs/heads/main", commit],
    ["a tag by its name", push("refs/tags/v1"), "v1", commit],
    ["a branch with slashes", push("refs/heads/env/prod"), "env/prod", commit],
    ["one of several", push("refs/heads/next", "refs/heads/main"), "main", commit],
    ["another branch", push("refs/heads/next"), "main", "ignore"],
    ["a branch whose name ends alike", push("refs/heads/x/main"), "main", "ignore"],
    ["a tag, though a branch is meant", push("refs/tags/main"), "refs/heads/main", "ignore"],
    ["the default branch, whatever it is", push("refs/heads/trunk"), "HEAD", "wake"],
    ["a push that names no ref", push(undefined), "main", "wake"],
    ["a push of nothing", push(), "main", "wake"],
    ["any push, when a commit is watched", push("refs/heads/main"), commit, "ignore"],
    ["a ping", { kind: "ping" }, "main", "ignore"],
    ["an issue", { kind: "other", name: "issues" }, "main", "ignore"],
  ] as const) {
    it(`${want.slice(0, 6)}: ${name}`, () => {
      const action = actionOf(event, watched);
      const got = action.action === "wake" ? (action.expect ?? "wake") : action.action;
      assert.equal(got, want, action.message);
    });
  }

  it("cuts long names short in its message", () => {
    const { message } = actionOf(push(`refs/heads/${"x".repeat(10_000)}`), "main");
    assert.ok(message.length < 300);
  });
});
