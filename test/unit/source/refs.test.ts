import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findRef, parseWantedRef, refNotFound } from "../../../src/source/refs.js";

describe("parseWantedRef()", () => {
  it("reads a default, a branch or tag, a full name and a commit", () => {
    assert.deepEqual(parseWantedRef(undefined).candidates, ["HEAD"]);
    assert.deepEqual(parseWantedRef("").candidates, ["HEAD"]);
    assert.deepEqual(parseWantedRef("a/b").candidates, ["refs/heads/a/b", "refs/tags/a/b"]);
    assert.deepEqual(parseWantedRef("refs/notes/x").candidates, ["refs/notes/x"]);
    assert.equal(parseWantedRef("A".repeat(40)).oid, "a".repeat(40));
    assert.equal(parseWantedRef("a".repeat(39)).oid, undefined);
    assert.deepEqual(parseWantedRef("grün-日本").candidates[0], "refs/heads/grün-日本");
  });

  const bad = ["-x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{1}", "a//b"];
  for (const ref of [
    ...bad,
    "a/",
    "/a",
    "a.",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a\nb",
    "\x7f",
  ]) {
    it(`refuses ${JSON.stringify(ref)}`, () => {
      assert.throws(() => parseWantedRef(ref), {
        code: "source/ref-not-found",
        message: /^"[^\n]*" is not a name that a branch or tag can have/,
      });
    });
  }
});

describe("findRef()", () => {
  it("prefers what was named first, and takes no other", () => {
    const known = ["HEAD", "refs/tags/x", "refs/heads/x", "refs/heads/x/y"].map((ref) => ({
      ref,
      oid: ref,
    }));
    assert.equal(findRef(parseWantedRef("x"), known)?.ref, "refs/heads/x");
    assert.equal(findRef(parseWantedRef("x/y"), known)?.ref, "refs/heads/x/y");
    assert.equal(findRef(parseWantedRef("y"), known), undefined);
    assert.equal(findRef(parseWantedRef(undefined), known)?.ref, "HEAD");
  });
});

describe("refNotFound()", () => {
  const branches = ["a", "b", "c", "d", "e", "f"].map((name) => ({
    ref: `refs/heads/${name}`,
    oid: "",
  }));
  for (const [ref, known, want] of [
    ["x", branches, 'the repository has no branch or tag "x"; there is "a", "b", "c", "d", "e"'],
    [
      "x",
      [{ ref: "refs/tags/t", oid: "" }],
      'the repository has no branch or tag "x"; check its name',
    ],
    [undefined, branches.slice(0, 1), 'the repository has no default branch; there is "a"'],
    [
      "1".repeat(40),
      branches.slice(0, 1),
      `the repository has no commit ${"1".repeat(40)}; there is "a"`,
    ],
    ["x", [], 'the repository has no commits yet, and so not "x"; push one'],
  ] as const) {
    it(want, () => assert.equal(refNotFound(parseWantedRef(ref), known).message, want));
  }
});
