import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wantsConfig } from "../../../src/source/wanted-path.js";

describe("wantsConfig()", () => {
  for (const [path, want] of [
    ["upstreams/a.yaml", true],
    ["upstreams/a.YML", true],
    ["a.json", true],
    ["gloo.yaml", true],
    ["files/x.pb", true],
    ["teams/a/files/deep/x.pb", true],
    ["secrets/key", true],
    ["tests/x", true],
    ["README.md", false],
    ["upstreams/a.yaml.orig", false],
    ["myfiles/x", false],
    ["files", false],
  ] as const) {
    it(`${path}: ${want}`, () => assert.equal(wantsConfig(path), want));
  }
});
