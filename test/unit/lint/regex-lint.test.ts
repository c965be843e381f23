import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { literalStart, matchesAllPaths, matchesNoPath } from "../../../src/lint/regex-lint.js";

describe("literalStart()", () => {
  for (const [regex, want] of [
    ["/pets/[0-9]+", "/pets/"],
    ["^/pets$", "/pets"],
    ["/pets\\.json", "/pets.json"],
    ["/pets/\\d+", "/pets/"],
    ["/pets?", "/pet"],
    ["/a{2}", "/"],
    ["/a+b", "/a"],
    ["/a|/b", ""],
    ["(?i)/a", ""],
    [".*", ""],
  ] as const) {
    it(`${regex} begins with "${want}"`, () => assert.equal(literalStart(regex), want));
  }
});

describe("matchesAllPaths() and matchesNoPath()", () => {
  for (const [regex, all, none] of [
    [".*", true, false],
    ["^/.*$", true, false],
    ["(.*)", true, false],
    ["/a.*", false, false],
    ["a/.*", false, true],
    ["a?/.*", false, false],
    ["[a-z]+", false, false],
    ["", false, false],
  ] as const) {
    it(`${JSON.stringify(regex)}`, () => {
      assert.deepEqual([matchesAllPaths(regex), matchesNoPath(regex)], [all, none]);
    });
  }
});
